import type { ComponentChildren } from 'preact';
import { needsAttention } from '../model/arrange.js';
import { formatAgo, formatTime } from '../model/format.js';
import type { Role } from '../model/types.js';
import { devices, stream } from '../state/live.js';
import { route, segments } from '../state/router.js';
import { logOut, may, session, user } from '../state/session.js';
import { setTheme, theme, type Theme } from '../state/theme.js';
import { seconds, wallNow } from '../state/time.js';
import { dismiss, toasts } from '../state/toasts.js';
import { Icon, type IconName } from './icons.js';
import { IconButton } from './parts.js';

export interface Place {
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  readonly role?: Role;
  /** What it is for, on the page “More” of a phone. */
  readonly about: string;
}

export const PLACES: readonly Place[] = [
  { path: '/', title: 'Dashboard', icon: 'home', about: 'All devices at a glance' },
  { path: '/devices', title: 'Devices', icon: 'devices', about: 'Add, configure, calibrate' },
  { path: '/scenarios', title: 'Scenarios', icon: 'scenarios', about: 'What the home does by itself' },
  { path: '/jobs', title: 'Jobs', icon: 'jobs', about: 'What happens at which time' },
  { path: '/services', title: 'Services', icon: 'services', about: 'Who is alive, and how busy' },
  { path: '/requests', title: 'Requests', icon: 'requests', role: 'admin', about: 'Send one by hand' },
  { path: '/tree', title: 'Tree', icon: 'tree', about: 'Everything that is known, live' },
  { path: '/titanic', title: 'Queue', icon: 'titanic', about: 'Durable requests and dead letters' },
  { path: '/users', title: 'Users', icon: 'users', role: 'admin', about: 'Who gets in, and tokens' },
  { path: '/audit', title: 'Audit', icon: 'audit', role: 'admin', about: 'Who changed what' },
  { path: '/about', title: 'About', icon: 'about', about: 'Versions, licences, help' },
];

export const placesForUser = (): readonly Place[] => PLACES.filter(({ role = 'viewer' }) => may(role));

export function Shell({ children }: { readonly children: ComponentChildren }) {
  const here = `/${segments(route.value)[0] ?? ''}`;
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <nav class="side" aria-label="Pages">
        <a class="brand" href="/">
          <Mark />
          <span>
            RasPy<small>{session.value?.home.hostname}</small>
          </span>
        </a>
        <ul>
          {placesForUser().map((place) => (
            <li key={place.path}>
              <NavLink place={place} here={here} />
            </li>
          ))}
        </ul>
        <div class="side-foot">
          <ThemeSwitch />
          <p class="who">
            <span>
              {user.value?.name}
              <small>{user.value?.role}</small>
            </span>
            <IconButton icon="out" label="Log out" onClick={logOut} />
          </p>
        </div>
      </nav>
      <div class="page">
        <StreamBanner />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <nav class="bottom" aria-label="Main pages">
        {PLACES.slice(0, 4).map((place) => (
          <NavLink key={place.path} place={place} here={here} />
        ))}
        <NavLink
          place={{ path: '/more', title: 'More', icon: 'more', about: '' }}
          here={PLACES.slice(0, 4).some(({ path }) => path === here) ? here : '/more'}
        />
      </nav>
      <Toasts />
    </div>
  );
}

function NavLink({ place, here }: { readonly place: Place; readonly here: string }) {
  const count = place.path === '/' ? (devices.value?.filter(needsAttention).length ?? 0) : 0;
  return (
    <a href={place.path} class="nav-link" aria-current={place.path === here ? 'page' : undefined}>
      <Icon name={place.icon} />
      <span>{place.title}</span>
      {count > 0 && (
        <span class="nav-count">
          {count}
          <span class="visually-hidden"> need attention</span>
        </span>
      )}
    </a>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 18c3-5 6-5 9 0s6 5 9 0" />
      <circle cx="16" cy="9.500" r="2.500" />
    </svg>
  );
}

const THEMES: readonly (readonly [Theme, string, IconName])[] = [
  ['system', 'As the device', 'system'],
  ['light', 'Light', 'sun'],
  ['dark', 'Dark', 'moon'],
];

export function ThemeSwitch() {
  return (
    <div class="theme-switch" role="group" aria-label="Colours">
      {THEMES.map(([value, label, icon]) => (
        <IconButton
          key={value}
          icon={icon}
          label={label}
          pressed={theme.value === value}
          onClick={() => setTheme(value)}
        />
      ))}
    </div>
  );
}

/** Says loudly when what is shown may no longer hold. */
function StreamBanner() {
  const { phase, tree, staleSince, everLive } = stream.value;
  if (!everLive && phase !== 'lost') return <div class="banner-place" role="status" />;
  const text =
    staleSince === undefined
      ? everLive
        ? undefined
        : 'The home cannot be reached. Trying again…'
      : `${phase === 'live' ? 'The home does not answer this server' : 'The connection is lost'}: stale since ${formatTime(
          staleSince,
          wallNow(),
        )}`;
  return (
    <div class="banner-place" role="status">
      {text !== undefined && (
        <p class="banner">
          <Icon name="warn" />
          <span>
            <strong>{text}</strong>
            <span class="banner-more">
              {' '}
              {staleSince === undefined
                ? ''
                : `(${formatAgo(staleSince, seconds.value)}). What you see is old; it is tried again by itself.`}
              {phase === 'live' && tree === 'syncing' ? ' The tree is being read.' : ''}
            </span>
          </span>
        </p>
      )}
    </div>
  );
}

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
      {toasts.value.map(({ id, kind, text }) => (
        <div key={id} class={`toast toast-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
