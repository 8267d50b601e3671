import { useMemo, useState } from 'preact/hooks';
import {
  categoryOf,
  groups,
  idOf,
  matchesFilter,
  moved,
  needsAttention,
  toggled,
  type Group,
} from '../model/arrange.js';
import type { DeviceSummary } from '../model/types.js';
import { current, devices, devicesError, loadDevices, presence } from '../state/live.js';
import { preferences, savePreferences } from '../state/preferences.js';
import { may } from '../state/session.js';
import { DeviceCard } from '../view/card.js';
import { Icon } from '../view/icons.js';
import { Button, Empty, Failure, IconButton, PageHead, Skeleton } from '../view/parts.js';

export function Dashboard() {
  const [text, setText] = useState('');
  const [category, setCategory] = useState('');
  const [attention, setAttention] = useState(false);
  const [arranging, setArranging] = useState(false);
  const showAll = (): void => {
    setCategory('');
    setAttention(false);
  };
  const list = devices.value;
  const filter = { text, category, attention };
  const shown = useMemo(
    () => groups(list ?? [], preferences.value, filter),
    [list, preferences.value, text, category, attention],
  );
  if (list === undefined) {
    return (
      <>
        <PageHead title="Dashboard" />
        {devicesError.value === undefined ? (
          <Skeleton />
        ) : (
          <Failure error={devicesError.value} retry={() => void loadDevices()} />
        )}
      </>
    );
  }
  const categories = [
    ...new Set(list.filter(({ parent }) => !parent).map(({ oid }) => categoryOf(oid))),
  ].sort();
  const troubled = list.filter(
    (device) => needsAttention(device) && matchesFilter(device, { ...filter, attention: false }),
  );
  return (
    <>
      <PageHead title="Dashboard" lead={summary(list)}>
        <Button
          icon="arrange"
          kind={arranging ? 'primary' : 'plain'}
          onClick={() => setArranging(!arranging)}
        >
          {arranging ? 'Done' : 'Arrange'}
        </Button>
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
        <div class="chips" role="group" aria-label="Categories">
          <Chip pressed={category === '' && !attention} onClick={showAll}>
            All
          </Chip>
          {(troubled.length > 0 || attention) && (
            <Chip pressed={attention} tone="warn" onClick={() => setAttention(!attention)}>
              Needs attention {troubled.length}
            </Chip>
          )}
          {categories.map((of) => (
            <Chip key={of} pressed={category === of} onClick={() => setCategory(category === of ? '' : of)}>
              {of}
            </Chip>
          ))}
        </div>
      </div>
      {list.length === 0 && <NoDevices />}
      {list.length > 0 && shown.length === 0 && (
        <Empty icon="search" title="Nothing like that">
          <p>No device fits. Names, types, and servers are searched.</p>
        </Empty>
      )}
      <div class="groups">
        {shown.map((group) => (
          <GroupView key={group.id} group={group} arranging={arranging} />
        ))}
      </div>
    </>
  );
}

function summary(list: readonly DeviceSummary[]): string {
  const whole = list.filter(({ parent }) => parent === undefined);
  const troubled = list.filter(needsAttention).length;
  const count = `${whole.length} ${whole.length === 1 ? 'device' : 'devices'}`;
  if (!current.value) return count;
  return troubled === 0 ? `${count}, all is well` : `${count}, ${troubled} to look at`;
}

function Chip(props: {
  readonly pressed: boolean;
  readonly tone?: 'warn';
  readonly onClick: () => void;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <button
      type="button"
      class={props.tone === 'warn' ? 'chip chip-warn' : 'chip'}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

/** Small groups stand side by side; more columns than this no screen has. */
const MOST_COLUMNS = 4;

function GroupView({ group, arranging }: { readonly group: Group; readonly arranging: boolean }) {
  const ids = group.devices.map(idOf);
  const loved = group.id === 'favourites';
  const here = presence.value.has(group.server) || !current.value;
  return (
    <section
      class={`group group-${Math.min(MOST_COLUMNS, ids.length)}`}
      aria-label={loved ? 'Favourites' : `${group.title} of ${group.server}`}
    >
      <header class="group-head">
        <h2>{loved ? 'Favourites' : group.title}</h2>
        {!loved && (
          <p class="group-server">
            {group.server}
            {!here && <span class="group-away"> is away</span>}
          </p>
        )}
      </header>
      <div class="cards">
        {group.devices.map((device) => (
          <DeviceCard
            key={idOf(device)}
            device={device}
            actions={<CardTools device={device} ids={ids} arranging={arranging} />}
          />
        ))}
      </div>
    </section>
  );
}

function CardTools(props: {
  readonly device: DeviceSummary;
  readonly ids: readonly string[];
  readonly arranging: boolean;
}) {
  const { device, ids, arranging } = props;
  const { favourites = [], order = [] } = preferences.value;
  const id = idOf(device);
  const move = (by: -1 | 1) => () =>
    savePreferences({ ...preferences.value, order: moved(ids, order, id, by) });
  return (
    <>
      {arranging && (
        <>
          <IconButton
            icon="back"
            label={`Move ${device.name} forward`}
            disabled={ids[0] === id}
            onClick={move(-1)}
          />
          <IconButton
            icon="forward"
            label={`Move ${device.name} back`}
            disabled={ids.at(-1) === id}
            onClick={move(1)}
          />
        </>
      )}
      <IconButton
        icon="star"
        filled={favourites.includes(id)}
        pressed={favourites.includes(id)}
        label={`${device.name} is a favourite`}
        onClick={() => savePreferences({ ...preferences.value, favourites: toggled(favourites, id) })}
      />
    </>
  );
}

function NoDevices() {
  return (
    <Empty icon="devices" title="No devices yet">
      <p>A device server brings some: start one, or add a device to one that runs.</p>
      {may('admin') && (
        <a class="button button-primary" href="/devices/add">
          Add a device
        </a>
      )}
    </Empty>
  );
}
