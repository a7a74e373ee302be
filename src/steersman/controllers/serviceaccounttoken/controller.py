"""Fills Secrets of type `kubernetes.io/service-account-token`, and deletes those whose account is gone.

Such a token never expires; pods get short ones of their own.  The signature is not made here: `issue` is the
API server's, given by the composition root.
"""

from collections.abc import Callable

from steersman.api.tree import Tree
from steersman.client import errors, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.serviceaccounttoken import plan

SECRETS, ACCOUNTS = "secrets", "serviceaccounts"

Issue = Callable[[Tree, str], str]
"""The token for an account, kept in the secret of a name."""


class Controller:
    name = "legacy-service-account-token"

    def __init__(self, context: Context, ca: str, issue: Issue | None) -> None:
        self._context = context
        self._client = context.client
        self._ca = ca
        self._issue = issue

    async def run(self) -> None:
        """Without an issuer there is nothing to do, and nothing is followed."""
        if self._issue is None:
            return
        informer = self._context.informers.informer
        self._secrets = informer(SECRETS, fields=f"type={plan.TYPE}")
        self._accounts = informer(ACCOUNTS)
        self._secrets.add_index("account", lambda secret: (plan.account_key(secret),))
        self._loop = loop.Loop(self.name, self._reconcile, self._context.clock, longest=60.0)
        self._secrets.on_change(self._secret_changed)
        self._accounts.on_change(self._account_changed)
        await self._secrets.wait_synced()
        await self._accounts.wait_synced()
        self._loop.run(self._context.tasks)

    def _secret_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and plan.account_key(new):
            self._loop.enqueue(informers.key_of(new))

    def _account_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is not None:
            for secret in self._secrets.by_index("account", informers.key_of(tree)):
                self._loop.enqueue(informers.key_of(secret))

    async def _reconcile(self, key: str) -> float | None:
        secret = self._secrets.get(key)
        if secret is None or not plan.account_key(secret) or secret["metadata"].get("deletionTimestamp"):
            return None
        try:
            account = self._accounts.get(plan.account_key(secret))
            if plan.is_orphan(secret, account):
                account = await self._account(secret)
            if account is None or plan.is_orphan(secret, account):
                meta = secret["metadata"]
                await self._client.delete(SECRETS, meta["name"], meta["namespace"], uid=meta["uid"])
                return None
            lacking = plan.lacks(secret, self._ca)
            if lacking and self._issue is not None:
                token = self._issue(account, secret["metadata"]["name"]) if "token" in lacking else ""
                await self._client.update(SECRETS, plan.filled(secret, account, lacking, token))
        except errors.NotFound:
            return None
        return None

    async def _account(self, secret: Tree) -> Tree | None:
        """From the server: the cache may be behind."""
        namespace, name = informers.split_key(plan.account_key(secret))
        try:
            return await self._client.get(ACCOUNTS, name, namespace)
        except errors.NotFound:
            return None
