import { useState } from 'preact/hooks';
import { call } from '../state/api.js';
import { current, devices, entries, presence } from '../state/live.js';
import { loadSession, logOut, session, user } from '../state/session.js';
import { tellDone } from '../state/toasts.js';
import { Icon } from '../view/icons.js';
import { Button, Dialog, Labelled, PageHead } from '../view/parts.js';
import { placesForUser, PLACES, ThemeSwitch } from '../view/shell.js';

export function About() {
  const home = session.value!.home;
  const [changing, setChanging] = useState(false);
  return (
    <>
      <PageHead title="About" lead="RasPy, the home in a browser." />
      <section class="panel">
        <h2>This home</h2>
        <dl class="facts">
          <dt>Host</dt>
          <dd>{home.hostname}</dd>
          <dt>Version</dt>
          <dd>{home.version}</dd>
          <dt>Configuration</dt>
          <dd>{home.configuration}</dd>
          <dt>Device servers</dt>
          <dd>{[...presence.value].sort().join(', ') || 'none'}</dd>
          <dt>Devices</dt>
          <dd>{devices.value?.length ?? 'not known'}</dd>
          <dt>Keys in the tree</dt>
          <dd>{entries.size}</dd>
          <dt>What you see is</dt>
          <dd>{current.value ? 'current' : 'old'}</dd>
        </dl>
      </section>
      <section class="panel stack">
        <h2>You</h2>
        <p class="soft">
          {user.value?.name}, {user.value?.role}
        </p>
        <div class="row">
          <Button icon="key" onClick={() => setChanging(true)}>
            Change your password
          </Button>
        </div>
        {changing && <PasswordDialog onClose={() => setChanging(false)} />}
      </section>
      <section class="panel">
        <h2>For programs</h2>
        <ul class="link-list">
          <li>
            <a href="/api/docs">The API, to browse</a>
          </li>
          <li>
            <a href="/api/openapi.json">Its OpenAPI document</a>
          </li>
          <li>
            <a href="/metrics">Metrics</a>
          </li>
        </ul>
      </section>
      <section class="panel">
        <h2>Made with</h2>
        <p class="soft">
          RasPy is free software under the MIT licence. This page is made with Preact, uPlot and CodeMirror,
          all of them under the MIT licence too. Nothing is fetched from anywhere but this home.
        </p>
      </section>
    </>
  );
}

function PasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Dialog title="Change your password" onClose={onClose}>
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <Labelled label="Password until now">
          {(id) => (
            <input
              id={id}
              type="password"
              autocomplete="current-password"
              value={current}
              onInput={(event) => setCurrent(event.currentTarget.value)}
            />
          )}
        </Labelled>
        <Labelled label="New password" help="10 characters at least; everywhere else you are logged out">
          {(id, note) => (
            <input
              id={id}
              type="password"
              autocomplete="new-password"
              aria-describedby={note}
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Labelled>
        <div class="row row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={current === '' || password.length < 10}
            onClick={async () => {
              await call('POST /password', { body: { current, password } });
              await loadSession();
              tellDone('Your password was changed');
              onClose();
            }}
          >
            Change
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** On a phone: all pages that have no place at the bottom. */
export function More() {
  const main = PLACES.slice(0, 4);
  return (
    <>
      <PageHead title="More" lead={`${user.value?.name ?? ''}, ${user.value?.role ?? ''}`}>
        <Button icon="out" onClick={logOut}>
          Log out
        </Button>
      </PageHead>
      <ul class="more-list">
        {placesForUser()
          .filter((place) => !main.includes(place))
          .map(({ path, title, icon, about }) => (
            <li key={path}>
              <a href={path}>
                <Icon name={icon} />
                <span>
                  {title}
                  <small>{about}</small>
                </span>
              </a>
            </li>
          ))}
      </ul>
      <section class="panel more-theme">
        <h2>Colours</h2>
        <ThemeSwitch />
      </section>
    </>
  );
}
