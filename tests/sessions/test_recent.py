"""Answers of a moment ago: a law over any sequence of answers, times and sign-outs, and the bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.sessions import recent
from pyview.sessions.recent import RecentAnswers

GRACE = 10.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


KEYS = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), KEYS, st.floats(0, 5)),
        st.tuples(st.just("forget"), KEYS, st.just(0.0)),
        st.tuples(st.just("wait"), st.just(""), st.floats(0, 20)),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_an_answer_counts_for_the_grace_after_its_question_and_never_after_a_sign_out(
    steps: list[tuple[str, str, float]],
) -> None:
    clock = Clock()
    answers: RecentAnswers[float] = RecentAnswers(GRACE, clock)
    expected: dict[str, float | None] = {}
    ended: dict[str, float] = {}
    for step, key, seconds in steps:
        if step == "wait":
            clock.now += seconds
        elif step == "forget":
            answers.forget(key)
            known_at = expected.get(key)
            if known_at is not None and clock.now - known_at <= GRACE:
                expected[key], ended[key] = None, clock.now
        else:
            # The answer to a question that was sent `seconds` ago: later questions may be answered first.
            sent = clock.now - seconds
            answers.keep(key, sent, sent, size=10, signed_in=key == "a")
            newest = expected.get(key)
            if sent >= ended.get(key, -GRACE) and (newest is None or sent >= newest):
                expected[key] = sent
        for known, sent_at in expected.items():
            got = answers.get(known)
            if sent_at is None or clock.now - sent_at > GRACE:
                assert got is None
            elif got is not None:
                assert got == sent_at


def filled(signed_in: bool, number: int, size: int = 10) -> RecentAnswers[int]:
    answers: RecentAnswers[int] = RecentAnswers(GRACE, Clock())
    answers.keep("ada", -1, 0.0, size=10, signed_in=True)
    for each in range(number):
        answers.keep(f"session {each}", each, 0.0, size=size, signed_in=signed_in)
    return answers


def test_visitors_do_not_push_out_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 10)
    answers = filled(signed_in=False, number=1000)
    assert answers.get("ada") == -1
    assert len(answers) == 11


def test_the_oldest_of_too_many_users_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 10)
    answers = filled(signed_in=True, number=10)
    assert answers.get("ada") is None
    assert [answers.get(f"session {each}") for each in range(10)] == [*range(10)]


def test_bytes_are_bounded_and_a_large_answer_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_BYTES", 1000)
    assert len(filled(signed_in=True, number=100, size=100)) == 10
    assert len(filled(signed_in=True, number=100, size=recent.LARGEST + 1)) == 1


def test_without_grace_nothing_is_kept() -> None:
    answers: RecentAnswers[int] = RecentAnswers(0.0)
    answers.keep("ada", 1, answers.clock(), size=1, signed_in=True)
    assert answers.get("ada") is None
    assert len(answers) == 0
