"""A registration, validated while the user fills it in, with a list of addresses to add, remove and reorder."""

from typing import Any, TypedDict

from examples.form_validation.account import Account
from pyview import Keep, LiveView, LiveViewSocket, js
from pyview.events import event
from pyview.forms import Form

TAKEN = "ada@example.org"


class RegistrationContext(TypedDict):
    form: Form[Account]
    account: Account | None


class RegistrationLiveView(LiveView[RegistrationContext], keep=Keep("form", hours=24)):
    # A deploy must not cost a visitor half a registration. The passwords stay in the browser.
    async def mount(self, socket: LiveViewSocket[RegistrationContext], session: Any) -> None:
        socket.context = blank()

    @event
    async def check(self, socket: LiveViewSocket[RegistrationContext], account: Form[Account]) -> None:
        socket.context["form"] = account

    @event
    async def register(self, socket: LiveViewSocket[RegistrationContext], account: Form[Account]) -> None:
        if account["email"].value == TAKEN:
            account = account.with_error("email", "There is an account with this address already.")
        socket.context["form"] = account
        socket.context["account"] = account.save()
        if account.first_error is not None:
            await socket.exec_js(js.focus(f"#{account.first_error.id}"))

    @event
    async def again(self, socket: LiveViewSocket[RegistrationContext]) -> None:
        socket.context = blank()


def blank() -> RegistrationContext:
    return {"form": Form(Account, as_="account").with_entry("addresses"), "account": None}
