from steersman.kit import limits


def test_long_texts_are_computed_and_not_kept() -> None:
    asked: list[str] = []

    @limits.remembered(10)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    short, long = "a" * limits.LONGEST, "a" * (limits.LONGEST + 1)
    assert [length(short), length(short), length(long), length(long)] == [512, 512, 513, 513]
    assert asked == [short, long, long]
