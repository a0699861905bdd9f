"""Wire messages of streams, and their result in the client's own code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pyview.stream import Stream
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.diff import diff, without_stream_items
from pyview.wire.merge import merge
from tests.wire.javascript import JavaScriptClient, start

LIST = (
    '<p>{{ title }}</p>{% for dom_id, user in users %}<li id="{{ dom_id }}">{{ user.name }}</li>{% endfor %}'
)
NESTED = (
    '{% for dom_id, user in users %}<li id="{{ dom_id }}">{% if user.name %}<b>{{ user.name }}</b>{% endif %}'
    "{% for letter in user.name %}<i>{{ letter }}</i>{% endfor %}</li>{% endfor %}"
)
STATICS = ['<li id="', '">', "</li>"]


@dataclass(frozen=True)
class User:
    id: int
    name: str


class Sender:
    """A template with one stream, and the messages of its rendering."""

    def __init__(self, source: str = LIST) -> None:
        self.users: Stream[User] = Stream(name="users")
        self._rendering = LiveTemplate.from_string(source).rendering()

    def message(self, title: str = "") -> dict[str, Any]:
        return self._rendering.update({"users": self.users, "title": title})


@pytest.fixture
def sender() -> Sender:
    made = Sender()
    made.users.insert(User(1, "Ann"))
    made.message()
    return made


def test_the_first_message_has_statics_even_if_empty() -> None:
    assert Sender().message()["1"] == {"s": STATICS, "k": {"kc": 0}, "stream": ["users", [], []]}


def test_the_first_items_come_with_it() -> None:
    sender = Sender()
    sender.users.insert_many([User(1, "Ann"), User(2, "Bob")], limit=-5)
    assert sender.message()["1"] == {
        "s": STATICS,
        "k": {"0": {"0": "users-1", "1": "Ann"}, "1": {"0": "users-2", "1": "Bob"}, "kc": 2},
        "stream": ["users", [["users-1", -1, -5, False], ["users-2", -1, -5, False]], []],
    }


@pytest.mark.parametrize(
    ("at", "limit", "sent"), [(-1, -2, [3, 4]), (0, 2, [3, 4]), (-1, 2, [1, 2]), (0, -2, [1, 2])]
)
@pytest.mark.parametrize("begin", ["first", "empty", "reset"])
def test_items_removed_at_once_by_a_limit_are_not_sent(
    begin: str, at: int, limit: int, sent: list[int]
) -> None:
    sender = Sender()
    if begin == "reset":
        sender.users.insert(User(9, "Zed"))
    if begin != "first":
        sender.message()
    if begin == "reset":
        sender.users.reset()
    sender.users.insert_many([User(n, "x") for n in (1, 2, 3, 4)], at=at, limit=limit)
    message = sender.message()["1"]
    assert [insert[0] for insert in message["stream"][1]] == [f"users-{n}" for n in sent]
    assert message["k"]["kc"] == 2


def test_all_items_are_sent_if_some_may_be_in_the_page(sender: Sender) -> None:
    sender.users.insert_many(
        [User(n, "x") for n in (1, 2, 3)], limit=-2
    )  # item 1 is in the page and keeps its position
    assert len(sender.message()["1"]["stream"][1]) == 3
    placed = Sender()
    placed.users.insert_many([User(n, "x") for n in (1, 2, 3)], at=1, limit=2)
    assert len(placed.message()["1"]["stream"][1]) == 3


def test_later_messages_have_no_statics(sender: Sender) -> None:
    sender.users.insert(User(9, "Zed"), at=0, limit=10)
    assert sender.message() == {
        "1": {
            "k": {"0": {"0": "users-9", "1": "Zed"}, "kc": 1},
            "stream": ["users", [["users-9", 0, 10, False]], []],
        }
    }


def test_deletions_alone(sender: Sender) -> None:
    sender.users.delete(User(1, ""))
    assert sender.message() == {"1": {"k": {"kc": 0}, "stream": ["users", [], ["users-1"]]}}


def test_a_reset_is_a_fourth_element(sender: Sender) -> None:
    sender.users.reset([User(3, "C")])
    told = sender.message()["1"]["stream"]
    assert told == ["users", [["users-3", -1, None, False]], [], True]


def test_update_only(sender: Sender) -> None:
    sender.users.insert(User(1, "Anna"), update_only=True)
    assert sender.message()["1"]["stream"][1] == [["users-1", -1, None, True]]


def test_the_latest_of_several_insertions_of_one_item(sender: Sender) -> None:
    for name in "abc":
        sender.users.insert(User(5, name))
    message = sender.message()["1"]
    assert message["k"] == {"0": {"0": "users-5", "1": "c"}, "kc": 1}
    assert len(message["stream"][1]) == 1


def test_without_operations_nothing_is_sent(sender: Sender) -> None:
    assert sender.message() == {}
    assert sender.message("news") == {"0": "news"}


def test_nested_statics_travel_with_every_item() -> None:
    """Once per message, though: the table of templates holds what several items share."""
    sender = Sender(NESTED)
    sender.message()
    for n in (1, 2):
        sender.users.insert_many([User(n, "ab"), User(n + 10, "c")])
        message = sender.message()
        entries, table = message["0"]["k"], message["p"]
        assert "s" not in message["0"]
        assert table[str(entries["0"]["1"]["s"])] == ["<b>", "</b>"]
        assert table[str(entries["1"]["2"]["s"])] == ["<i>", "</i>"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScriptClient]:
    started = start(tmp_path_factory.mktemp("client"))
    yield started
    started.close()


@pytest.mark.parametrize("source", [LIST, NESTED])
def test_the_clients_own_code_reads_them(client: JavaScriptClient, source: str) -> None:
    """The client patches the page with exactly the new items."""
    sender = Sender(source)
    messages = [sender.message()]
    for n in range(1, 5):
        sender.users.insert(User(n, "ab" if n % 2 else ""))
        sender.users.delete_by_id("users-1")
        messages.append(sender.message())
    answers = client.run(messages)
    assert [answer.get("error") for answer in answers] == [None] * 5
    for n, answer in enumerate(answers[1:], 1):
        assert f'id="users-{n}"' in answer["patch"] or n == 1
        assert answer["patch"].count("<li") == (0 if n == 1 else 1)
        assert "users-" not in answer["html"]  # the client forgets them, as the server does


def test_streams_in_trees_of_views_with_their_own_render() -> None:
    """Views with their own `render` method give a whole tree each time."""

    def tree() -> Any:
        made = LiveTemplate.from_string(LIST).rendering().tree({"users": users, "title": ""})
        return made

    users: Stream[User] = Stream([User(1, "Ann")], name="users")
    first = tree()
    kept = without_stream_items(first)
    assert "Ann" not in str(kept)
    assert diff(kept, tree()) == {}
    users.insert(User(2, "Bob"))
    message = diff(kept, tree())
    assert message == {
        "1": {
            "k": {"0": {"0": "users-2", "1": "Bob"}, "kc": 1},
            "stream": ["users", [["users-2", -1, None, False]], []],
        }
    }
    assert "Bob" in to_html(merge(merge({}, kept), message))
