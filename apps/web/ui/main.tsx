import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Claim, Login } from './pages/enter.js';
import { messageOf } from './state/api.js';
import { loadDevices, startLive } from './state/live.js';
import { loadPreferences } from './state/preferences.js';
import { route, startRouter } from './state/router.js';
import { loadSession, session, user } from './state/session.js';
import { showTheme } from './state/theme.js';
import { startSeconds } from './state/time.js';
import { tellError } from './state/toasts.js';
import { Failure } from './view/parts.js';
import { Mark, Shell } from './view/shell.js';
import { Page } from './pages/page.js';

function App() {
  const [error, setError] = useState<unknown>(undefined);
  const ask = (): void => {
    setError(undefined);
    loadSession().catch(setError);
  };
  useEffect(ask, []);
  if (session.value === undefined) {
    return (
      <div class="gate">
        <main class="gate-card">
          <Mark />
          <h1>RasPy</h1>
          {error === undefined ? (
            <p class="lead" role="status">
              One moment…
            </p>
          ) : (
            <Failure error={error} retry={ask} />
          )}
        </main>
      </div>
    );
  }
  if (!session.value.claimed) return <Claim />;
  return user.value === undefined ? <Login /> : <Home key={user.value.name} />;
}

function Home() {
  useEffect(() => {
    void loadDevices();
    loadPreferences().catch((error: unknown) =>
      tellError(new Error(`Favourites are not known: ${messageOf(error)}`)),
    );
    return startLive();
  }, []);
  return (
    <Shell>
      <Page key={route.value} path={route.value} />
    </Shell>
  );
}

showTheme();
startRouter();
startSeconds();
render(<App />, document.getElementById('app')!);
