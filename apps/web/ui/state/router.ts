import { signal } from '@preact/signals';

/** Path and query of the page. */
export const route = signal(location.pathname + location.search);

export function navigate(to: string, replace = false): void {
  if (to === route.value) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  route.value = to;
  scrollTo(0, 0);
}

/** Follows links of this page without loading it anew. */
export function startRouter(): void {
  addEventListener('popstate', () => (route.value = location.pathname + location.search));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const link = (event.target as Element).closest('a');
    if (
      link === null ||
      link.target !== '' ||
      link.hasAttribute('download') ||
      link.origin !== location.origin
    )
      return;
    if (link.pathname.startsWith('/api/') || link.pathname === '/metrics') return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

/** The parts of the path, read back from the address. */
export function segments(to: string): readonly string[] {
  return to
    .split('?')[0]!
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}
