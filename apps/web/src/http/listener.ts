import { createAdaptorServer } from '@hono/node-server';
import { EnvironmentError } from '@raspy/runtime';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Hono } from 'hono';
import type { WebEnv } from '../app.js';

/** Where an app is to be served. */
export interface ListenOptions {
  readonly ip: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Ports after `port` that are tried when it is taken. */
  readonly further: number;
  /** Files in PEM; both empty for no TLS. */
  readonly cert: string;
  readonly key: string;
}

/** So long a client has for its headers, for all of a request, and until it asks again. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
const CHECK_MS = 2_000;
const MAX_HEADER_BYTES = 16_384;
const MAX_CONNECTIONS = 512;

/** @throws EnvironmentError (rejects) with what to change, when the port is taken or the certificate cannot be read */
export async function listen(app: Hono<WebEnv>, options: ListenOptions): Promise<Server> {
  const server = await makeServer(app, options);
  server.maxConnections = MAX_CONNECTIONS;
  const { ip, port, further } = options;
  for (let next = port; ; next++) {
    try {
      await bound(server, ip, next);
      return server;
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === 'EADDRINUSE' && port !== 0 && next < port + further) continue;
      throw new EnvironmentError(reason(code ?? String(error), ip, port), { cause: error });
    }
  }
}

/** Where a server listens, as a browser is told. */
export function urlOf(server: Server, isSecure: boolean): string {
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}

async function makeServer({ fetch }: Hono<WebEnv>, { cert, key }: ListenOptions): Promise<Server> {
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const secrets =
    cert === '' && key === ''
      ? undefined
      : { cert: await pem(cert, '--web-cert'), key: await pem(key, '--web-key') };
  try {
    return createAdaptorServer(
      secrets === undefined
        ? { fetch, overrideGlobalObjects: false, createServer: createHttpServer, serverOptions: limits }
        : {
            fetch,
            overrideGlobalObjects: false,
            createServer: createHttpsServer,
            serverOptions: { ...limits, ...secrets },
          },
    ) as Server;
  } catch (error) {
    throw new EnvironmentError(`certificate and key for TLS cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function pem(path: string, flag: string): Promise<Buffer> {
  if (path === '') throw new EnvironmentError(`${flag} is missing: TLS needs both --web-cert and --web-key`);
  try {
    return await readFile(path);
  } catch (error) {
    throw new EnvironmentError(
      `${flag}: ${path} cannot be read (${(error as { code?: string }).code ?? ''})`,
      { cause: error },
    );
  }
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function reason(code: string, ip: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${ip} is taken, perhaps by another home: choose another one with --web-port`;
    case 'EACCES':
      return `port ${port} needs rights that this user has not: choose one above 1023 with --web-port`;
    default:
      return `browsers cannot be served at ${ip}, port ${port} (${code}): see --web-ip and --web-port`;
  }
}
