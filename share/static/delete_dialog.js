// The dialog that asks before images are deleted. Its sentences are in the page.
import { xsrfToken } from "./session.js";

// Asks the service how many servers run the images of these names now, and says it.
export async function showUsage(names) {
  const sentence = document.getElementById("delete-usage");
  const { address, asking, unknownOne, unknownSeveral } = sentence.dataset;
  sentence.textContent = asking;
  const query = new URLSearchParams(names.map((name) => ["names", name]));
  let usage = null;
  try {
    const response = await fetch(`${address}?${query}`, {
      headers: { "X-XSRFToken": xsrfToken() ?? "" },
    });
    usage = response.ok ? await response.json() : null;
  } catch {
    // the sentence below tells people
  }
  sentence.textContent = usage?.sentence ?? (names.length === 1 ? unknownOne : unknownSeveral);
  for (const span of document.querySelectorAll("[data-servers]")) {
    span.textContent = usage?.texts[span.dataset.servers] ?? "";
  }
}
