import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Millis } from '@raspy/clock';
import {
  connectEndpoint,
  lockDataDir,
  prepareDataDir,
  RaspyServer,
  serverOptions,
  type Part,
  type ReleaseDataDir,
  type ServerSurroundings,
  type SettingsOf,
} from '@raspy/runtime';
import { PrometheusExposition } from '@raspy/statistics';
import { webApp } from './app.js';
import { AuditLog } from './access/audit-log.js';
import { Doorkeeper } from './access/doorkeeper.js';
import { Passwords } from './access/password.js';
import { keptSessionsSchema, Sessions } from './access/sessions.js';
import { Users, usersFileSchema } from './access/users.js';
import { configurations } from './configurations.js';
import type { webAppSettings } from './definition.js';
import { JsonFile } from './files/json-file.js';
import { installSecret } from './files/secret.js';
import { HomeLink } from './home/home-link.js';
import { listen, urlOf } from './http/listener.js';
import { hostNames } from './http/request-facts.js';
import { StaticFiles } from './http/static-files.js';
import { LiveTree } from './live/live-tree.js';
import { WebStatistics } from './web-statistics.js';

/** The values of the settings of a web server. */
export type WebValues = SettingsOf<typeof webAppSettings>;

/** What a {@link WebServer} is told. */
export interface WebServerOptions extends ServerSurroundings<WebValues> {
  /** Where the broker is, asked when it starts. @default the address and port of the settings */
  readonly endpoint?: () => string;
  /** Ports after that of the settings that are tried when it is taken. @default 0 */
  readonly furtherPorts?: number;
  /** Folder of the user interface. @default `dist/ui` of this package */
  readonly uiFolder?: string;
  /** Bytes that may wait for one reader of events. @default 1 MiB */
  readonly maxQueuedBytes?: number;
}

/** So long the start waits to be known on the bus, so that whoever looks at once sees it. */
const JOIN_MS: Millis = 2_000;
/** So long answers that are under way may take at the end. */
const DRAIN_MS: Millis = 500;

/**
 * The home in a browser. It serves as soon as its port is open, with or without a broker: what cannot be reached is told so.
 * On the bus it is `<hostname>.web`, with its statistics.
 */
export class WebServer implements Part {
  /** `<hostname>.<service>` */
  readonly name: string;
  /** Resolves when another server has taken the name for good. */
  readonly lost: Promise<Error>;
  readonly #options: WebServerOptions;
  #lose: (reason: Error) => void = () => undefined;
  #running: Running | undefined;

  constructor(options: WebServerOptions) {
    const { hostname, service } = options.settings;
    this.#options = options;
    this.name = `${hostname}.${service}`;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** Where it is, e.g. `http://127.0.0.1:8080`; once it serves. */
  get url(): string {
    return this.#running?.url ?? '';
  }

  /** The code that makes somebody the owner; `undefined` when there is one. */
  get claimCode(): string | undefined {
    return this.#running?.door.claimCode;
  }

  /** @throws EnvironmentError (rejects) when the port or its folder is taken, or its files cannot be read */
  async start(): Promise<void> {
    const { settings, logger } = this.#options;
    const folder = join(settings.dataDir, 'web');
    await prepareDataDir(settings.dataDir);
    await prepareDataDir(folder);
    // Of two that write the same file of users, one would undo what the other has acknowledged.
    const unlock = await lockDataDir(folder);
    let running: Running;
    try {
      running = { ...(await this.#serve(await this.#openDoor(folder))), unlock };
    } catch (error) {
      await unlock();
      throw error;
    }
    this.#running = running;
    this.#join(running);
    await this.#patiently(running.joining);
    logger.info('serving browsers', { url: running.url, configuration: settings.configuration });
    const { port } = new URL(running.url);
    if (settings.webPort !== 0 && port !== String(settings.webPort)) {
      logger.warn(`port ${settings.webPort} is taken: this home is at ${running.url}`);
    }
    if (running.door.claimCode !== undefined) {
      logger.warn(
        `this home has no owner yet: open ${running.url} and give the claim code ${running.door.claimCode}`,
      );
    }
  }

  async stop(deadlineMs: Millis): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const { live, server, home, door, member, joining, leave, unlock } = running;
    live.stop();
    await closed(server, this.#options, Math.min(deadlineMs, DRAIN_MS));
    leave.abort(new Error('the server stops'));
    if (await joining) await member.stop(deadlineMs);
    await door.keep();
    await unlock();
    await home.close();
  }

  async #openDoor(folder: string): Promise<Opened> {
    const { settings, clock, logger } = this.#options;
    const configuration = configurations[settings.configuration];
    const onError = (error: unknown): void =>
      logger.error('a file cannot be written', { folder, error: String(error) });
    const secret = await installSecret(folder);
    const userFile = new JsonFile(join(folder, 'users.json'), usersFileSchema);
    const sessionFile = new JsonFile(join(folder, 'sessions.json'), keptSessionsSchema);
    const users = new Users(
      (await userFile.load()) ?? { version: 1, users: [], tokens: [] },
      userFile,
      new Passwords(configuration.passwordCost),
    );
    const sessions = new Sessions({ secret, random: randomBytes }, configuration.sessions);
    const kept = await sessionFile.load();
    if (kept !== undefined) sessions.restore(clock.now(), clock.wallNow(), kept);
    const audit = new AuditLog({ folder, onError });
    await audit.open();
    const door = new Doorkeeper({ users, sessions, store: sessionFile, clock, random: randomBytes, onError });
    return { users, audit, door, configuration };
  }

  async #serve({ users, audit, door, configuration }: Opened): Promise<Omit<Running, 'unlock'>> {
    const { settings, clock, logger, transport, board, furtherPorts = 0, maxQueuedBytes } = this.#options;
    const { endpoint = () => connectEndpoint(settings.brokerIp, settings.brokerPort) } = this.#options;
    const { uiFolder = fileURLToPath(new URL('../dist/ui', import.meta.url)) } = this.#options;
    const { hostname, kvChpPort, webHosts, webTrustProxy } = settings;
    const bus = { clock, ...(transport !== undefined && { transport }) };
    const home = new HomeLink({ ...bus, endpoint: endpoint(), kvChpPort });
    const live = new LiveTree({
      tree: home.tree,
      clock,
      epoch: randomBytes(6).toString('hex'),
      ...(maxQueuedBytes !== undefined && { maxQueuedBytes }),
    });
    const member = new RaspyServer({
      ...serverOptions(this.#options, endpoint),
      statistics: () => ({}),
    });
    const statistics = new WebStatistics(member.registry, {
      sessions: () => door.sessions,
      loginFailures: () => door.failures,
      streams: () => live.readers,
      streamsShed: () => live.shed,
      eventsRemembered: () => live.remembered.events,
      histories: () => live.remembered.values,
      treeKeys: () => home.tree.size,
      isTreeSynced: () => live.status === 'synced',
      isBrokerConnected: () => home.status === 'connected',
    });
    const app = webApp({
      parts: {
        home,
        live,
        users,
        door,
        audit,
        clock,
        hostname,
        configuration,
      },
      files: new StaticFiles(uiFolder, configuration.freshFiles),
      logger,
      hosts: hostNames(
        [hostname],
        webHosts
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      ),
      trustProxy: webTrustProxy,
      statistics,
      exposition: new PrometheusExposition(board?.managers ?? member.registry),
    });
    let server: Server;
    try {
      const { webIp: ip, webPort: port, webCert: cert, webKey: key } = settings;
      server = await listen(app, { ip, port, further: furtherPorts, cert, key });
    } catch (error) {
      await home.close();
      throw error;
    }
    live.start();
    const url = urlOf(server, settings.webCert !== '');
    return {
      url,
      server,
      home,
      live,
      door,
      member,
      leave: new AbortController(),
      joining: Promise.resolve(false),
    };
  }

  /** Becomes known on the bus, whenever there is one. */
  #join(running: Running): void {
    const { member, leave } = running;
    running.joining = member.start(leave.signal).then(
      () => true,
      (error: unknown) => {
        if (!leave.signal.aborted) this.#lose(error as Error);
        return false;
      },
    );
    void member.lost.then(this.#lose);
  }

  async #patiently(work: Promise<unknown>): Promise<void> {
    const { clock } = this.#options;
    let cancel: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + JOIN_MS, resolve);
    });
    await Promise.race([work, late]);
    cancel?.();
  }
}

interface Opened {
  readonly users: Users;
  readonly audit: AuditLog;
  readonly door: Doorkeeper;
  readonly configuration: (typeof configurations)[keyof typeof configurations];
}

interface Running {
  readonly url: string;
  readonly server: Server;
  readonly home: HomeLink;
  readonly live: LiveTree;
  readonly door: Doorkeeper;
  readonly member: RaspyServer;
  readonly leave: AbortController;
  /** Whether it is on the bus; once that is decided. */
  joining: Promise<boolean>;
  readonly unlock: ReleaseDataDir;
}

function closed(server: Server, { clock }: WebServerOptions, patienceMs: Millis): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(clock.now() + patienceMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
