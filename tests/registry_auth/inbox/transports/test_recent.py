"""The marks of the last ten minutes: none is forgotten before, and none is taken for another."""

from hypothesis import given
from hypothesis import strategies as st

from registry_auth.inbox.marks import LARGEST, mark_of, pack, unpack
from registry_auth.inbox.transports.recent import KEPT_SECONDS, TABLE_SECONDS, RecentMarks


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_repetition_is_known_in_the_same_batch_and_in_a_later_one():
    recent = RecentMarks(places=64)

    assert recent.add([5, 7, 5]) == [2]
    assert recent.add([9, 7, 5]) == [1, 2]


def test_marks_that_share_a_place_are_told_apart():
    recent = RecentMarks(places=64)

    assert recent.add([3, 3 + 64, 3 + 128]) == []
    assert recent.add([3 + 192, 3 + 128, 3]) == [1, 2]


def test_more_marks_than_a_table_has_room_for_take_another():
    recent = RecentMarks(places=64)
    many = list(range(1, 1_000))

    assert recent.add(many) == []
    assert recent.add(many) == list(range(999))


def test_a_mark_is_known_for_ten_minutes_and_its_memory_is_given_back_then():
    clock = Clock()
    recent = RecentMarks(places=64, clock=clock)
    recent.add([1])
    clock.now = TABLE_SECONDS
    recent.add([2])
    clock.now = KEPT_SECONDS - 1
    assert recent.add([1, 2]) == [0, 1]

    clock.now = KEPT_SECONDS + KEPT_SECONDS
    assert recent.add([1, 2]) == []
    assert len(recent._tables) == 1


@given(st.lists(st.lists(st.integers(1, 90) | st.integers(1, LARGEST), max_size=60), max_size=12))
def test_it_says_what_a_set_says(batches):
    recent, model = RecentMarks(places=64), set[int]()
    for batch in batches:
        expected = []
        for place, mark in enumerate(batch):
            if mark in model:
                expected.append(place)
            model.add(mark)
        assert recent.add(batch) == expected


@given(st.text(max_size=100))
def test_a_mark_fits_into_eight_bytes_and_is_never_zero(event_id):
    mark = mark_of(event_id)

    assert 1 <= mark <= LARGEST
    assert list(unpack(pack([mark]))) == [mark]
    assert mark_of(event_id) == mark
