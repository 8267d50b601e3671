import { statusFrame, StatusCode } from '@raspy/mdp-protocol';
import { textFrame, type Frame, type Frames } from '@raspy/wire';
import type { RefusalReason, TicketAnswer } from '../machine/effects.js';
import type { NewRequest } from '../machine/titanic-machine.js';
import { readRequestId } from '../request-id.js';
import { adminService } from './admin-service.js';
import type { SettingsTable } from './settings-table.js';
import { StoreService, type OnStoreError } from './store-service.js';
import { readSubmitOptions } from './submit-options.js';
import type { Titanic } from './titanic.js';

/** Serves one request: its body's frames for those of the reply. Never rejects. */
export type TitanicService = (body: Frames) => Promise<Frames>;

/** The services of a Titanic, by their names on the bus. */
export type TitanicServices = Readonly<Record<TitanicServiceName, TitanicService>>;

/** Names that a Titanic answers to. */
export type TitanicServiceName =
  | 'titanic.request'
  | 'titanic.reply'
  | 'titanic.close'
  | 'titanic.submit'
  | 'titanic.store'
  | 'titanic.admin';

/** What the services need of a Titanic. */
export type TitanicCore = Pick<
  Titanic,
  'submit' | 'closeRequest' | 'retry' | 'find' | 'all' | 'body' | 'reply' | 'statistics'
>;

// PROTOCOLS §8: the status is the first frame.
const ACCEPTED = statusFrame(StatusCode.OK);
const PENDING: Frames = [Buffer.from('300')];
const MALFORMED: Frames = [statusFrame(StatusCode.BAD_REQUEST)];
const FAILED: Frames = [statusFrame(StatusCode.ERROR)];
const CLOSED: Frames = [ACCEPTED];
const EXPIRED: Frames = [textFrame('400 expired')];
const DEAD: Frames = [textFrame('400 dead')];

/** The functions behind the names of Titanic's services. */
export function titanicServices(
  titanic: TitanicCore,
  settings: SettingsTable,
  onStoreError: OnStoreError,
): TitanicServices {
  const store = new StoreService(settings, onStoreError);
  return {
    'titanic.request': ([target, ...body]) => request(titanic, target, body),
    'titanic.submit': ([options, target, ...body]) => submit(titanic, options, target, body),
    'titanic.reply': ([id]) => reply(titanic, id),
    'titanic.close': ([id]) => close(titanic, id),
    'titanic.store': (body) => store.serve(body),
    'titanic.admin': adminService(titanic),
  };
}

async function request(titanic: TitanicCore, target: Frame | undefined, body: Frames): Promise<Frames> {
  if (target === undefined || body.length === 0) return MALFORMED;
  const answer = await titanic.submit({ target, body, submitted: false });
  return accepted(answer) ?? (isClients(answer) ? MALFORMED : FAILED);
}

async function submit(
  titanic: TitanicCore,
  optionsFrame: Frame | undefined,
  target: Frame | undefined,
  body: Frames,
): Promise<Frames> {
  if (optionsFrame === undefined) return refused('frames are missing');
  const read = readSubmitOptions(optionsFrame);
  if (!read.ok) return refused(read.reason);
  if (target === undefined || body.length === 0) return refused('frames are missing');
  const wanted: NewRequest = { ...read.options, target, body, submitted: true };
  const answer = await titanic.submit(wanted);
  return accepted(answer) ?? (isClients(answer) ? refused(reasonText(answer)) : FAILED);
}

async function reply(titanic: TitanicCore, idFrame: Frame | undefined): Promise<Frames> {
  const id = idFrame === undefined ? undefined : readRequestId(idFrame);
  const entry = id === undefined ? undefined : titanic.find(id);
  switch (entry?.state) {
    case undefined:
    case 'closed':
      return MALFORMED;
    case 'expired':
      return EXPIRED;
    case 'dead':
      return DEAD;
    case 'done':
      try {
        return [ACCEPTED, ...(await titanic.reply(id!))];
      } catch {
        // It may have been closed while it was read.
        return titanic.find(id!)?.state === 'done' ? FAILED : MALFORMED;
      }
    default:
      return PENDING;
  }
}

async function close(titanic: TitanicCore, idFrame: Frame | undefined): Promise<Frames> {
  const id = idFrame === undefined ? undefined : readRequestId(idFrame);
  if (id === undefined) return CLOSED;
  const answer = await titanic.closeRequest(id);
  return answer.type === 'ok' ? CLOSED : FAILED;
}

function accepted(answer: TicketAnswer): Frames | undefined {
  return answer.type === 'accepted' ? [ACCEPTED, textFrame(answer.id)] : undefined;
}

const REASONS: Readonly<Record<RefusalReason, string | undefined>> = {
  target: 'no such target: not titanic.*, not mmi.*, 1 to 4,096 bytes',
  'too-large': 'the body is too large',
  expired: 'expired',
  full: undefined,
  storage: undefined,
};

/** Whether asking again cannot help. */
function isClients(answer: TicketAnswer): boolean {
  return answer.type === 'refused' && REASONS[answer.reason] !== undefined;
}

function reasonText(answer: TicketAnswer): string {
  return answer.type === 'refused' ? (REASONS[answer.reason] ?? '') : '';
}

function refused(reason: string): Frames {
  return [textFrame(`400 ${reason}`)];
}
