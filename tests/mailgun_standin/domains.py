"""/v3/domains/{domain}: its state and its webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.mailgun_standin.answers import Answer, as_json, said
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.router import Endpoint
from tests.mailgun_standin.webhooks import NAMES, Webhooks

MOST_URLS = 3


@dataclass
class Domain:
    """The sending domain. `state` is active, unverified or disabled."""

    name: str
    webhooks: Webhooks
    state: str = "active"

    def endpoints(self) -> Iterable[Endpoint]:
        """Yield the paths answered here."""
        at = "/v3/domains/{domain}/webhooks"
        yield "GET", "/v3/domains", lambda _request: as_json({"total_count": 1, "items": [self._about()]})
        for version in ("v3", "v4"):
            yield "GET", f"/{version}/domains/{{domain}}", self._get
        yield "GET", at, self._webhooks
        yield "POST", at, self._post
        yield "GET", f"{at}/{{name}}", self._webhook
        yield "PUT", f"{at}/{{name}}", self._put
        yield "DELETE", f"{at}/{{name}}", self._delete

    def _about(self) -> dict:
        return {
            "name": self.name, "state": self.state, "type": "custom", "created_at": "Mon, 01 Jan 2024 00:00:00 GMT",
            "smtp_login": f"postmaster@{self.name}", "spam_action": "disabled", "wildcard": False,
            "web_scheme": "https", "web_prefix": "email", "is_disabled": self.state == "disabled",
        }  # fmt: skip

    def _get(self, _request: Request) -> Answer:
        valid = "valid" if self.state == "active" else "unknown"
        return as_json(
            {
                "domain": self._about(),
                "receiving_dns_records": [
                    {"record_type": "MX", "valid": valid, "value": f"{host}.mailgun.org", "priority": "10"}
                    for host in ("mxa", "mxb")
                ],
                "sending_dns_records": [
                    {"record_type": kind, "valid": valid, "name": f"{prefix}{self.name}", "value": value}
                    for kind, prefix, value in (
                        ("TXT", "", "v=spf1 include:mailgun.org ~all"),
                        ("TXT", "pic._domainkey.", "k=rsa; p=STANDIN"),
                        ("CNAME", "email.", "mailgun.org"),
                    )
                ],
            }
        )

    def _webhooks(self, _request: Request) -> Answer:
        return as_json({"webhooks": {name: {"urls": urls} for name, urls in self.webhooks.urls.items()}})

    def _webhook(self, _request: Request, name: str) -> Answer:
        urls = self.webhooks.urls.get(name)
        return as_json({"webhook": {"urls": urls}}) if urls else said("Webhook not found", 404)

    def _post(self, request: Request) -> Answer:
        name = request.first("id")
        if name in self.webhooks.urls:
            return said("Webhook already exists", 400)
        return self._set(name, request, "created")

    def _put(self, request: Request, name: str) -> Answer:
        if name not in self.webhooks.urls:
            return said("Webhook not found", 404)
        return self._set(name, request, "updated")

    def _set(self, name: str, request: Request, verb: str) -> Answer:
        urls = request.form.get("url", [])
        if name not in NAMES:
            return said(f"Invalid webhook id: {name}", 400)
        if not 1 <= len(urls) <= MOST_URLS or not all(url.startswith(("http://", "https://")) for url in urls):
            return said("One to three urls are needed", 400)
        self.webhooks.urls[name] = urls
        return said(f"Webhook has been {verb}", webhook={"urls": urls})

    def _delete(self, _request: Request, name: str) -> Answer:
        urls = self.webhooks.urls.pop(name, None)
        if urls is None:
            return said("Webhook not found", 404)
        return said("Webhook has been deleted", webhook={"urls": urls})
