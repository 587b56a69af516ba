"""Maps addresses to handlers, and builds the application."""

from __future__ import annotations

import re
from typing import Any

from hub_images.catalogue.image import GROUPS_MAX
from hub_images.service.api import images as api_images
from hub_images.service.api import lists
from hub_images.service.context import ServiceContext
from hub_images.service.pages import bulk, delete, editor, image_list, image_page, running
from hub_images.service.web.access_log import AccessLog
from hub_images.service.web.application import ServiceApplication, StaticFiles
from hub_images.service.web.client_address import TrustedProxies
from hub_images.service.web.identity import CallbackHandler, IdentifiedHandler
from hub_images.service.web.not_found import AddSlash, NotFoundJson, NotFoundPage
from hub_images.service.web.rates import RequestRates
from hub_images.templates import static_folder

PAGES: list[tuple[str, type[IdentifiedHandler]]] = [
    ("", image_list.ListPage),
    ("new", editor.NewPage),
    ("image/([^/]+)", image_page.ImagePage),
    ("edit/([^/]+)", editor.EditPage),
    ("delete/([^/]+)", delete.DeletePage),
    ("bulk", bulk.BulkPage),
    ("usage", delete.UsagePage),
    ("running/([^/]+)", running.RunningPage),
]

API: list[tuple[str, type[IdentifiedHandler]]] = [
    ("health", lists.Health),
    ("api/openapi.json", lists.OpenApi),
    ("api/images", api_images.ImageList),
    ("api/images/([^/]+)", api_images.OneImage),
    ("api/instance-types", lists.InstanceTypes),
    ("api/pull-secrets", lists.PullSecretNames),
    ("api(?:/.*)?", NotFoundJson),
]


def make_application(
    context: ServiceContext,
    prefix: str,
    cookie_secret: bytes,
    proxies: TrustedProxies,
    rates: RequestRates,
) -> ServiceApplication:
    """Build the application below `prefix`, a path with a slash at both ends."""
    _take_many_fields()
    below = re.escape(prefix)
    routes: list[Any] = [
        (below + path, handler, {"context": context}) for path, handler in [*PAGES, *API]
    ]
    routes.append((f"{below}oauth_callback", CallbackHandler))
    routes.append((f"{below}static/(.*)", StaticFiles, {"path": str(static_folder())}))
    if prefix != "/":
        routes.append((re.escape(prefix.rstrip("/")), AddSlash, {"context": context}))
    return ServiceApplication(
        routes,
        proxies=proxies,
        rates=rates,
        cookie_secret=cookie_secret,
        log_function=AccessLog(),
        default_handler_class=NotFoundPage,
        default_handler_args={"context": context},
    )


def _take_many_fields() -> None:
    """Accept a form that sends, without scripts, a field for each group that an image may list.

    Since 6.5.5, Tornado accepts 1,000 fields; this is the only way to raise that.
    """
    try:
        from tornado.httputil import (
            ParseBodyConfig,
            ParseUrlEncodedConfig,
            set_parse_body_config,
        )
    except ImportError:  # an older Tornado, without that limit
        return
    urlencoded = ParseUrlEncodedConfig(max_arguments=GROUPS_MAX + 100)
    set_parse_body_config(ParseBodyConfig(urlencoded=urlencoded))
