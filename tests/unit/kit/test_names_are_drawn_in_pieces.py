import uuid

from steersman.kit.entropy import ALPHABET, SystemEntropy


def test_uuids_are_of_version_four_and_differ() -> None:
    pool = SystemEntropy()
    drawn = [pool.uuid() for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in drawn} == {(4, uuid.RFC_4122)}
    assert all(str(uuid.UUID(each)) == each for each in drawn)


def test_suffixes_are_of_the_alphabet_all_letters_alike() -> None:
    pool = SystemEntropy()
    drawn = [pool.suffix() for _ in range(5000)]
    assert {len(each) for each in drawn} == {5}
    text = "".join(drawn)
    assert set(text) == set(ALPHABET)
    assert max(map(text.count, ALPHABET)) < 2 * min(map(text.count, ALPHABET))
    assert len(pool.suffix(100)) == 100
