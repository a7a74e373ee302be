"""Two SPDY sessions that speak to each other."""

from steersman.kit import spdy
from steersman.kit.spdy import Role, Session


class Pair:
    """A client and a server joined by a wire that cuts where it likes."""

    def __init__(self, cut: int = 1 << 30) -> None:
        self.client, self.server = Session(Role.CLIENT), Session(Role.SERVER)
        self.cut = cut

    def to_server(self) -> list[spdy.Event]:
        return self._carry(self.client, self.server)

    def to_client(self) -> list[spdy.Event]:
        return self._carry(self.server, self.client)

    def _carry(self, source: Session, target: Session) -> list[spdy.Event]:
        data = source.outgoing()
        events: list[spdy.Event] = []
        for start in range(0, len(data), self.cut):
            events += target.receive(data[start : start + self.cut])
        return events
