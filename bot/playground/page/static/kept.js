/**
 * What the browser keeps for this page: from visit to visit (`localStorage`), or as long as the tab is open
 * (`sessionStorage`). One that refuses to keep anything, even to name its storage, still shows the page.
 */

/** What was kept under a name, or `usual`. */
export function kept(name, usual, storage = "localStorage") {
  try {
    return JSON.parse(window[storage].getItem(name)) ?? usual;
  } catch {
    return usual;
  }
}

/** Keep a value under a name. */
export function keep(name, value, storage = "localStorage") {
  try {
    window[storage].setItem(name, JSON.stringify(value));
  } catch {
    // Then it is forgotten with the page.
  }
}
