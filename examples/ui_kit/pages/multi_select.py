"""Multi-select and tags."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from examples.ui_kit.customers import customer_name, customers_with
from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import Form

TOPICS = ["Billing", "Delivery", "Returns", "Support", "Security"]


class Team(BaseModel):
    topics: list[str] = Field(default=["Billing"], max_length=3, description="At most three.")
    members: list[str] = []
    tags: list[Annotated[str, Field(max_length=20)]] = Field(
        default=[], max_length=5, description="A comma or Enter ends one."
    )


class MultiSelectPage(DemoLiveView):
    about = About(
        title="Multi-select and tags",
        group="Inputs",
        summary="Several choices, or texts of the user's own, as chips.",
        pattern="combobox",
        when=(
            "Use it for some of many choices. For a few use checkboxes.",
            "Use tags if users may write what is in no list; `options` are suggestions.",
            "`max` limits the browser, and `max_length` of the model decides.",
        ),
        keys=(
            ("↓", "Opens the list, and goes to the next option."),
            ("Enter", "Adds or removes the highlighted option; adds a tag."),
            ("Backspace", "In an empty text: removes the last chip."),
            ("Escape", "Closes the list."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"form": Form(Team), "found": [], "names": {}, "topics": TOPICS}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Team]) -> None:
        names = {id: name for id in form["members"].values if (name := customer_name(id))}
        socket.context |= {"form": form, "names": names}

    @event
    async def search_members(self, socket: LiveViewSocket[dict[str, Any]], text: str) -> None:
        socket.context["found"] = customers_with(text)
