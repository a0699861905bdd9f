// Style sheets of the application: open pages show a saved one without being loaded again.

/** Replaces the style sheets that the server names. `stamp` is another one for each save. */
export function followStyles() {
  window.addEventListener("phx:pyview:styles", ({ detail: { names, stamp } }) => {
    const links = [...document.querySelectorAll('link[rel="stylesheet"]')].filter(isOfApplication);
    const named = links.filter((link) => names.includes(new URL(link.href).pathname.split("/").pop()));
    // A file that no link names may be imported by any of them.
    for (const link of named.length > 0 ? named : links) replace(link, stamp);
  });
}

const isOfApplication = ({ href }) => href.startsWith(`${location.origin}/`) && !href.includes("/live/assets/");

function replace(link, stamp) {
  const address = new URL(link.href);
  if (address.searchParams.get("saved") === stamp) return; // another view of the page was told as well
  address.searchParams.set("saved", stamp);
  const fresh = link.cloneNode();
  fresh.href = address;
  // The old one stays until the new one is there, so that the page is never without styles.
  fresh.addEventListener("load", () => link.remove(), { once: true });
  fresh.addEventListener("error", () => fresh.remove(), { once: true });
  link.after(fresh);
}
