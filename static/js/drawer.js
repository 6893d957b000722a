// Wide screens hold drawers open by CSS (::details-content). Older browsers get the same from here.

if (!CSS.supports("selector(::details-content)")) {
  for (const drawer of document.querySelectorAll("[data-drawer]")) {
    const wide = matchMedia(drawer.dataset.drawer);
    const follow = () => { drawer.open = wide.matches; };
    wide.addEventListener("change", follow);
    follow();
  }
}
