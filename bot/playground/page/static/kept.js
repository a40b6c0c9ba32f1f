/** What the browser keeps for this page from visit to visit. One that keeps nothing still shows the page. */

/** What was kept under a name, or `usual`. */
export function kept(name, usual) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? usual;
  } catch {
    return usual;
  }
}

/** Keep a value under a name. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Then it is forgotten with the page.
  }
}
