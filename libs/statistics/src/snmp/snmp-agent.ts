import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { systemClock, type Clock, type Millis } from '@raspy/clock';
import snmp, { type Agent, type Handler, type Message, type SocketLike, type Varbind } from 'net-snmp';
import { StatisticsListenError, StatisticsOptionError } from '../errors.js';
import { FamilyView } from '../family-view.js';
import type { StatisticsManager } from '../statistics-manager.js';
import { discoveryMessage, readMessageHeader } from './message-header.js';
import { checkBase, DEFAULT_BASE } from './mib-layout.js';
import { MibView, TYPE } from './mib-view.js';

/** Who may ask by SNMPv3; with authentication and encryption always. */
export interface SnmpUser {
  readonly name: string;
  /** 8 characters at least. */
  readonly authPassword: string;
  /** 8 characters at least. */
  readonly privPassword: string;
  /** @default `sha`, which every manager has; `sha256` and `sha512` are better where they are known */
  readonly auth?: 'sha' | 'sha256' | 'sha512';
  /** @default `aes`, 128 bits */
  readonly priv?: 'aes' | 'aes256b';
}

/** What {@link startSnmpAgent} is told. */
export interface SnmpAgentOptions {
  /** What is told; several are told together. */
  readonly managers: StatisticsManager | readonly StatisticsManager[];
  /** Address to listen on. @default `127.0.0.1` */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Password of SNMPv2c, which goes over the network for all to read. @default none: v2c is not answered */
  readonly community?: string;
  /** Users of SNMPv3. @default none: v3 is not answered */
  readonly users?: readonly SnmpUser[];
  /** Where its objects lie. @default `1.3.6.1.4.1.32473.5514` */
  readonly base?: string;
  /** Datagrams a second that are looked at, whoever sends them; further ones are dropped unread. @default 5000 */
  readonly maxPerSecond?: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** What an agent has done so far. */
export interface SnmpAgentCounts {
  /** Requests that were answered. */
  readonly answered: number;
  /** Datagrams that were no message, not understood, or not for this agent. */
  readonly malformed: number;
  /** Messages of somebody who may not ask, or that are too old. */
  readonly refused: number;
  /** Datagrams that were dropped unread, since there were too many. */
  readonly dropped: number;
  /** Answers that could not be sent. */
  readonly unsent: number;
}

/** An agent that answers. */
export interface RunningSnmpAgent {
  readonly host: string;
  readonly port: number;
  counts(): SnmpAgentCounts;
  close(): Promise<void>;
}

/** Bytes of a request at most; managers stay far below. */
const MAX_REQUEST_BYTES = 4_096;
/** Objects of a request at most; more are answered with tooBig. */
const MAX_OBJECTS = 64;
/** Bytes of an answer to GETBULK, about: it fits one packet of Ethernet, so that nobody is flooded through the agent. */
const BULK_BYTES = 1_200;
/** Seconds by which the time of an authenticated message may differ (RFC 3414). */
const TIME_WINDOW = 150;
const TOO_BIG = 1;
const NOT_WRITABLE = 17;
const NOT_IN_TIME_WINDOW = '2';

/**
 * An SNMP agent that tells the statistics, read-only: v2c for who knows the community, v3 for users with authentication and
 * encryption. SNMPv1 is not answered. Whatever is sent to it, it answers, or counts and drops it.
 *
 * @throws StatisticsListenError when the address is taken or not there; StatisticsOptionError
 */
export async function startSnmpAgent(options: SnmpAgentOptions): Promise<RunningSnmpAgent> {
  const { host = '127.0.0.1', port = 0, clock = systemClock } = options;
  check(options);
  const view = new MibView(new FamilyView(options.managers), checkBase(options.base ?? DEFAULT_BASE), clock);
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  await bind(socket, host, port);
  return new SnmpAgent(socket, view, options, clock);
}

class SnmpAgent implements RunningSnmpAgent {
  readonly host: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #view: MibView;
  readonly #clock: Clock;
  readonly #agent: Agent;
  readonly #began: Millis;
  readonly #counts = { answered: 0, malformed: 0, refused: 0, dropped: 0, unsent: 0 };
  readonly #maxPerSecond: number;
  #left: number;
  #filledAt: Millis;
  #deliver: (datagram: Buffer, from: RemoteInfo) => void = () => undefined;
  #closed = false;

  constructor(socket: Socket, view: MibView, options: SnmpAgentOptions, clock: Clock) {
    const { address, port } = socket.address();
    this.host = address;
    this.port = port;
    this.#socket = socket;
    this.#view = view;
    this.#clock = clock;
    this.#began = clock.now();
    this.#maxPerSecond = options.maxPerSecond ?? 5_000;
    this.#left = this.#maxPerSecond;
    this.#filledAt = this.#began;
    this.#agent = snmp.createAgent(
      {
        dgramModule: { createSocket: () => this.#inner() },
        accessControlModelType: snmp.AccessControlModelType.Simple,
      },
      (error) => {
        if (error !== null) this.#counts.refused += 1;
      },
    );
    this.#agent.engine.engineBoots = 1;
    this.#admit(options);
    this.#answerWithView();
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', () => (this.#counts.unsent += 1));
  }

  counts(): SnmpAgentCounts {
    return { ...this.#counts };
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  /** The library reads and writes here, behind a door that is watched. */
  #inner(): SocketLike {
    return {
      on: (event, listener) => {
        if (event === 'message') this.#deliver = listener;
      },
      bind: () => undefined,
      send: (datagram, _offset, _length, port, address, done) => {
        if (!this.#closed)
          this.#socket.send(datagram, port, address, (error) => {
            if (error !== null) this.#counts.unsent += 1;
          });
        done(null);
      },
      close: () => undefined,
    };
  }

  #admit({ community, users = [] }: SnmpAgentOptions): void {
    const authorizer = this.#agent.getAuthorizer();
    if (community !== undefined) authorizer.addCommunity(community);
    for (const user of users) {
      authorizer.addUser({
        name: user.name,
        level: snmp.SecurityLevel.authPriv,
        authProtocol: snmp.AuthProtocols[user.auth ?? 'sha'],
        authKey: user.authPassword,
        privProtocol: snmp.PrivProtocols[user.priv ?? 'aes'],
        privKey: user.privPassword,
      });
    }
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    if (!this.#hasRoom()) {
      this.#counts.dropped += 1;
      return;
    }
    const { engine } = this.#agent;
    const header = datagram.length > MAX_REQUEST_BYTES ? undefined : readMessageHeader(datagram);
    if (header === undefined || (header.version !== 1 && header.version !== 3)) {
      this.#counts.malformed += 1;
      return;
    }
    engine.engineTime = Math.floor((this.#clock.now() - this.#began) / 1_000);
    // The library would make a key, and keep it, for every engine that a stranger makes up. He is told who this is instead.
    const stranger = header.engineId.length > 0 && !engine.engineID.equals(header.engineId);
    try {
      this.#deliver(stranger ? discoveryMessage(header.messageId) : datagram, from);
    } catch {
      this.#counts.malformed += 1;
    }
  }

  /** A bucket of one second's datagrams. */
  #hasRoom(): boolean {
    const now = this.#clock.now();
    const gained = ((now - this.#filledAt) / 1_000) * this.#maxPerSecond;
    this.#left = Math.min(this.#maxPerSecond, this.#left + gained);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** The library's own tree has a value in each node; ours are read when they are asked for, and its GETBULK has no end. */
  #answerWithView(): void {
    const agent = this.#agent;
    agent.getRequest = this.#handler((message) =>
      message.pdu.varbinds.map(({ oid }) => ({ oid, ...this.#view.get(numbers(oid)) })),
    );
    agent.getNextRequest = this.#handler((message) => message.pdu.varbinds.map(({ oid }) => this.#next(oid)));
    agent.getBulkRequest = this.#handler((message) => this.#bulk(message));
    agent.setRequest = this.#handler((message) => message.pdu.varbinds, NOT_WRITABLE);
  }

  #handler(answer: (message: Message) => readonly Varbind[], errorStatus = 0): Handler {
    return (socket, message, from) => {
      if (message.version === 3 && !this.#isTimely(socket, message, from)) return;
      this.#view.freshen();
      const response = message.pdu.getResponsePduForRequest();
      if (message.pdu.varbinds.length > MAX_OBJECTS) {
        response.errorStatus = TOO_BIG;
      } else {
        response.varbinds = answer(message);
        response.errorStatus = errorStatus;
        response.errorIndex = errorStatus === 0 ? 0 : 1;
      }
      this.#agent.sendResponse(socket, from, message, response);
      this.#counts.answered += 1;
    };
  }

  /** Whether a message of v3 is from somebody known and new; else he is told what time it is, signed. */
  #isTimely(socket: SocketLike, message: Message, from: { address: string; port: number }): boolean {
    // The library lets messages without any user pass as one without a name.
    if (message.user.level !== snmp.SecurityLevel.authPriv) {
      this.#counts.refused += 1;
      return false;
    }
    const { engine } = this.#agent;
    const { msgAuthoritativeEngineBoots: boots, msgAuthoritativeEngineTime: time } =
      message.msgSecurityParameters;
    if (boots === engine.engineBoots && Math.abs(time - engine.engineTime) <= TIME_WINDOW) return true;
    this.#counts.refused += 1;
    const report = message.createReportResponseMessage(engine, '', NOT_IN_TIME_WINDOW);
    report.user = message.user;
    report.msgSecurityParameters.msgUserName = message.user.name;
    report.setAuthentication(true);
    report.setReportable(false);
    this.#agent.listener.send(report, from, socket);
    return false;
  }

  #next(oid: string): Varbind {
    const found = this.#view.next(numbers(oid));
    return found === undefined
      ? { oid, type: TYPE.endOfMibView, value: null }
      : { oid: found.instance.text, ...found.value };
  }

  /** RFC 3416: the first ones once, the others again and again, as many as fit one packet. */
  #bulk({ pdu }: Message): readonly Varbind[] {
    const once = Math.max(0, Math.min(pdu.nonRepeaters, pdu.varbinds.length));
    const found = pdu.varbinds.slice(0, once).map(({ oid }) => this.#next(oid));
    let bytes = found.reduce((sum, varbind) => sum + sizeOf(varbind), 0);
    let row = pdu.varbinds.slice(once).map(({ oid }) => oid);
    for (let turn = 0; turn < pdu.maxRepetitions && row.length > 0; turn += 1) {
      const next = row.map((oid) => this.#next(oid));
      bytes += next.reduce((sum, varbind) => sum + sizeOf(varbind), 0);
      if (bytes > BULK_BYTES && found.length > 0) break;
      found.push(...next);
      if (next.every(({ type }) => type === TYPE.endOfMibView)) break;
      row = next.map(({ oid }) => oid);
    }
    return found;
  }
}

/** Bytes of an object in an answer, about. */
function sizeOf({ oid, value }: Varbind): number {
  const text = typeof value === 'string' ? Buffer.byteLength(value) : 9;
  return oid.length + text + 8;
}

function numbers(oid: string): number[] {
  return oid.split('.').map(Number);
}

function check({ community, users = [], maxPerSecond = 5_000 }: SnmpAgentOptions): void {
  if (community === undefined && users.length === 0)
    throw new StatisticsOptionError('nobody may ask the SNMP agent: give a community (v2c) or users (v3)');
  if (community === '') throw new StatisticsOptionError('the community of SNMPv2c is empty');
  if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1)
    throw new StatisticsOptionError('maxPerSecond has to be a whole number from 1');
  for (const { name, authPassword, privPassword } of users) {
    if (name === '' || Buffer.byteLength(name) > 32)
      throw new StatisticsOptionError('the name of a user of SNMPv3 has 1 to 32 bytes');
    if (authPassword.length < 8 || privPassword.length < 8)
      throw new StatisticsOptionError(`both passwords of the user "${name}" need 8 characters at least`);
  }
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new StatisticsListenError('snmp', host, port, error));
    socket.once('error', fail);
    socket.bind(port, host, () => {
      socket.off('error', fail);
      resolve();
    });
  });
}
