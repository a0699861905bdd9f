from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.routing import Route
from starlette.responses import RedirectResponse, HTMLResponse
from pyview import PyView, LiveView, LiveViewSocket
from pyview.auth import requires
from typing import TypedDict


# Auth backend
class SessionAuth(AuthenticationBackend):
    async def authenticate(self, conn):
        user_id = conn.session.get("user_id")
        if not user_id:
            return AuthCredentials([]), None
        return AuthCredentials(["authenticated"]), SimpleUser(conn.session.get("username", ""))


# Protected LiveView
class DashboardContext(TypedDict):
    username: str


@requires("authenticated", redirect="/login")
class DashboardLiveView(LiveView[DashboardContext]):
    async def mount(self, socket: LiveViewSocket[DashboardContext], session):
        socket.context = {"username": session.get("username", "User")}


# Login page (regular route)
async def login_page(request):
    error = request.query_params.get("error", "")
    return HTMLResponse(f"""
        <form method="post" action="/auth/login">
            <input name="username" placeholder="Username" required>
            <input name="password" type="password" placeholder="Password" required>
            <button type="submit">Login</button>
            {"<p style='color:red'>Invalid credentials</p>" if error else ""}
        </form>
    """)


async def login(request):
    form = await request.form()
    # In production, verify against database
    if form["username"] == "demo" and form["password"] == "demo":
        request.session["user_id"] = "1"
        request.session["username"] = form["username"]
        return RedirectResponse("/dashboard", status_code=303)
    return RedirectResponse("/login?error=1", status_code=303)


async def logout(request):
    request.session.clear()
    return RedirectResponse("/login", status_code=303)


# App setup
app = PyView()
app.add_middleware(SessionMiddleware, secret_key="change-me-in-production")
app.add_middleware(AuthenticationMiddleware, backend=SessionAuth())

app.routes.append(Route("/login", login_page, methods=["GET"]))
app.routes.append(Route("/auth/login", login, methods=["POST"]))
app.routes.append(Route("/auth/logout", logout, methods=["POST"]))

app.add_live_view("/dashboard", DashboardLiveView)
