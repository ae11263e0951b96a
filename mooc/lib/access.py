"""Pages for staff: the one place that checks who may see them."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

View = Callable[..., HttpResponse]


def require_staff(permission: str = "") -> Callable[[View], View]:
    """Let only staff see a page, and with `permission` ("app.codename") only those who hold it.

    Somebody who has not logged in is sent to the admin's log-in page and comes back; anybody else gets a 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if not user.is_staff or (permission and not user.has_perm(permission)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate
