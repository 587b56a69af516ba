// A form can outlive its session: when people sign in again in another tab, they get a new
// XSRF token, and the open form must send that one. What has arrived is not kept any more.
import "./sent_forms.js";

export function xsrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("_xsrf="));
  return cookie ? cookie.slice("_xsrf=".length).replaceAll('"', "") : null;
}

document.addEventListener("submit", (event) => {
  const field = event.target.elements.namedItem("_xsrf");
  const token = xsrfToken();
  if (event.target.hasAttribute("data-refresh-xsrf") && field && token) {
    field.value = token;
  }
});
