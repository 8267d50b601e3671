import { useMemo, useState } from 'preact/hooks';
import { deviceTitle, matchesFilter, ordered } from '../model/arrange.js';
import { formatFact, humanize } from '../model/format.js';
import type { DeviceSummary } from '../model/types.js';
import { readingText, valueTitle } from '../model/values.js';
import { devices, devicesError, loadDevices, reading } from '../state/live.js';
import { may } from '../state/session.js';
import { wallNow } from '../state/time.js';
import { typesOf } from '../state/types.js';
import { freshness } from '../view/card.js';
import { Icon } from '../view/icons.js';
import { Badge, Empty, Failure, PageHead, Skeleton } from '../view/parts.js';
import { AddDevice } from './device-add.js';
import { DevicePage } from './device.js';
import type { PageProps } from './page.js';

/** The list, one device (`/devices/<server>/<device>`), or a new one (`/devices/add`). */
export function Devices({ parts, query }: PageProps) {
  const [server, device] = parts;
  if (server === 'add' && device === undefined) return <AddDevice query={query} />;
  return server !== undefined && device !== undefined ? (
    <DevicePage server={server} name={device} />
  ) : (
    <DeviceList />
  );
}

function DeviceList() {
  const [text, setText] = useState('');
  const list = devices.value;
  const shown = useMemo(
    () =>
      ordered(
        (list ?? []).filter((of) => matchesFilter(of, { text, category: '', attention: false })),
        [],
      ),
    [list, text],
  );
  return (
    <>
      <PageHead title="Devices" lead="Add, configure, test, and calibrate.">
        {may('admin') && (
          <a class="button button-primary" href="/devices/add">
            <Icon name="plus" />
            Add a device
          </a>
        )}
      </PageHead>
      <div class="filter">
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">Search devices</span>
          <input
            type="search"
            placeholder="Search"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      {list === undefined &&
        (devicesError.value === undefined ? (
          <Skeleton />
        ) : (
          <Failure error={devicesError.value} retry={() => void loadDevices()} />
        ))}
      {list !== undefined && shown.length === 0 && (
        <Empty icon="devices" title={text === '' ? 'No devices yet' : 'Nothing like that'}>
          <p>Devices come from device servers; each finds or is told its own.</p>
        </Empty>
      )}
      <ul class="rows">
        {shown.map((device) => (
          <DeviceRow key={`${device.server}/${device.name}`} device={device} />
        ))}
      </ul>
    </>
  );
}

function DeviceRow({ device }: { readonly device: DeviceSummary }) {
  const { server, name, title, oid, state, safety, found } = device;
  const first = Object.keys(device.values)[0];
  const value = typesOf(server).value?.get(oid)?.values[first ?? ''];
  const named = value === undefined ? humanize(first ?? '') : valueTitle(value);
  const of = first === undefined ? undefined : reading(server, name, first).value;
  return (
    <li class="row-card">
      <div>
        <h2>
          <a href={`/devices/${encodeURIComponent(server)}/${encodeURIComponent(name)}`}>
            {deviceTitle(device)}
          </a>
          {state === 'failed' && <Badge tone="bad">Failed</Badge>}
          {state === 'opening' && <Badge>Opening</Badge>}
          {safety?.state === 'tripped' && <Badge tone="bad">Tripped</Badge>}
          {safety?.state === 'disabled' && <Badge tone="warn">Out of use</Badge>}
          {found === true && <Badge tone="accent">Found</Badge>}
        </h2>
        <p>
          {title} · {oid} · {server}
        </p>
      </div>
      {of !== undefined && (
        <dl class={`readings ${freshness(of)}`}>
          <div>
            {/* A fact says what it is, and so does a unit; a bare number does not. */}
            <dt
              class={typeof of.value === 'boolean' || of.unit !== undefined ? 'visually-hidden' : undefined}
            >
              {named}
            </dt>
            <dd>
              {typeof of.value === 'boolean'
                ? formatFact(named, of.value)
                : readingText(value, of, wallNow())}
            </dd>
          </div>
        </dl>
      )}
    </li>
  );
}
