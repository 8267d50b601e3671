import type { ComponentType } from 'preact';
import { Component } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { segments } from '../state/router.js';
import { may } from '../state/session.js';
import { Empty, Failure, PageHead, Skeleton } from '../view/parts.js';
import { PLACES } from '../view/shell.js';
import { Dashboard } from './dashboard.js';

/** What a page is given: the parts of the address behind its own name. */
export interface PageProps {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

type Lazy = () => Promise<ComponentType<PageProps>>;

/** Pages other than the first are loaded when they are opened. */
const PAGES: Readonly<Record<string, Lazy>> = {
  devices: () => import('./devices.js').then(({ Devices }) => Devices),
  services: () => import('./services.js').then(({ Services }) => Services),
  requests: () => import('./requests.js').then(({ Requests }) => Requests),
  tree: () => import('./tree.js').then(({ Tree }) => Tree),
  jobs: () => import('./jobs.js').then(({ Jobs }) => Jobs),
  scenarios: () => import('./scenarios.js').then(({ Scenarios }) => Scenarios),
  titanic: () => import('./titanic.js').then(({ Titanic }) => Titanic),
  users: () => import('./users.js').then(({ Users }) => Users),
  audit: () => import('./audit.js').then(({ Audit }) => Audit),
  about: () => import('./about.js').then(({ About }) => About),
  more: () => import('./about.js').then(({ More }) => More),
};

export function Page({ path }: { readonly path: string }) {
  const [name, ...parts] = segments(path);
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  if (name === undefined) return <Boundary page={<Dashboard />} />;
  const load = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
  if (load === undefined) return <NotFound />;
  const role = PLACES.find((place) => place.path === `/${name}`)?.role ?? 'viewer';
  if (!may(role)) return <NotAllowed role={role} />;
  return <Boundary page={<LazyPage load={load} parts={parts} query={query} />} />;
}

function LazyPage({ load, ...props }: PageProps & { readonly load: Lazy }) {
  const [page, setPage] = useState<{ readonly Content?: ComponentType<PageProps>; readonly error?: unknown }>(
    {},
  );
  useEffect(() => {
    load().then(
      (Content) => setPage({ Content }),
      () =>
        setPage({ error: new Error('This page could not be loaded: load it anew when the server is back') }),
    );
  }, [load]);
  if (page.error !== undefined) {
    return (
      <>
        <PageHead title="Not loaded" />
        <Failure error={page.error} retry={() => location.reload()} />
      </>
    );
  }
  return page.Content === undefined ? <Skeleton /> : <page.Content {...props} />;
}

/** A fault of a page does harm to that page alone, and is told. */
class Boundary extends Component<{ readonly page: preact.ComponentChildren }, { readonly error?: unknown }> {
  override componentDidCatch(error: unknown): void {
    this.setState({ error });
  }

  override render() {
    if (this.state.error === undefined) return this.props.page;
    return (
      <>
        <PageHead
          title="This page has a fault"
          lead="The rest of the home goes on. Please tell it to the makers."
        />
        <Failure error={this.state.error} retry={() => this.setState({ error: undefined })} />
      </>
    );
  }
}

export function NotFound() {
  return (
    <>
      <PageHead title="Not here" />
      <Empty icon="search" title="There is no such page">
        <p>The address may be old or mistyped. These are there:</p>
        <ul class="link-list">
          {PLACES.filter(({ role = 'viewer' }) => may(role)).map(({ path, title }) => (
            <li key={path}>
              <a href={path}>{title}</a>
            </li>
          ))}
        </ul>
      </Empty>
    </>
  );
}

function NotAllowed({ role }: { readonly role: string }) {
  return (
    <>
      <PageHead title="Not for you" />
      <Empty icon="lock" title={`This needs the role ${role}`}>
        <p>Ask somebody who is an admin of this home, or log in as somebody else.</p>
        <a class="button" href="/">
          To the dashboard
        </a>
      </Empty>
    </>
  );
}
