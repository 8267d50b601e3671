import { useState } from 'preact/hooks';
import { formatValue } from '../model/format.js';
import type { ServiceRow } from '../model/types.js';
import { call } from '../state/api.js';
import { Icon } from '../view/icons.js';
import { Badge, Button, Dialog, Empty, Loads, PageHead, useLoad } from '../view/parts.js';

/** Who is on the bus, who is alive, and how busy. */
export function Services() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string | undefined>(undefined);
  const services = useLoad(() => call('GET /services'));
  return (
    <>
      <PageHead title="Services" lead="Who is on the bus, as the broker knows it.">
        <Button icon="reload" onClick={services.reload}>
          Look again
        </Button>
      </PageHead>
      <div class="filter">
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">Search services</span>
          <input
            type="search"
            placeholder="Search"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      <Loads of={services}>
        {(rows) => {
          const shown = rows.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
          if (shown.length === 0) {
            return (
              <Empty icon="services" title="No service">
                <p>{text === '' ? 'The broker knows nobody yet.' : 'None has a name like that.'}</p>
              </Empty>
            );
          }
          return (
            <div class="table-frame" tabIndex={0} role="region" aria-label="Services">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Service</th>
                    <th scope="col">State</th>
                    <th scope="col" class="number for-wide">
                      Workers
                    </th>
                    <th scope="col" class="number for-wide">
                      Busy
                    </th>
                    <th scope="col" class="number for-wide">
                      Waiting
                    </th>
                    <th scope="col">
                      <span class="visually-hidden">Statistics</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((row) => (
                    <Row key={row.name} row={row} onOpen={setOpen} />
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Loads>
      {open !== undefined && <Statistics server={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Row({ row, onOpen }: { readonly row: ServiceRow; readonly onOpen: (server: string) => void }) {
  const { name, workers, busy, waiting } = row;
  const server = /^(.+)\.statistics$/.exec(name)?.[1];
  return (
    <tr>
      <td>
        {name}
        <span class="for-narrow soft small">
          {workers} {workers === 1 ? 'worker' : 'workers'}, {busy} busy, {waiting} waiting
        </span>
      </td>
      <td>{workers > 0 ? <Badge tone="good">Alive</Badge> : <Badge tone="bad">Nobody serves it</Badge>}</td>
      <td class="number for-wide">{workers}</td>
      <td class="number for-wide">{busy}</td>
      <td class="number for-wide">{waiting}</td>
      <td class="number">
        {server !== undefined && (
          <Button small label={`Statistics of ${server}`} onClick={() => onOpen(server)}>
            Statistics
          </Button>
        )}
      </td>
    </tr>
  );
}

function Statistics({ server, onClose }: { readonly server: string; readonly onClose: () => void }) {
  const told = useLoad(() => call('GET /services/{server}/statistics', { params: { server } }), [server]);
  return (
    <Dialog title={`Statistics of ${server}`} onClose={onClose}>
      <Loads of={told}>
        {(of) =>
          Object.keys(of).length === 0 ? (
            <p class="soft">It counts nothing.</p>
          ) : (
            <dl class="readings">
              {Object.entries(of).map(([oid, value]) => (
                <div key={oid}>
                  <dt>{oid}</dt>
                  <dd>{formatValue(value)}</dd>
                </div>
              ))}
            </dl>
          )
        }
      </Loads>
      <div class="row row-end">
        <Button icon="reload" onClick={told.reload}>
          Look again
        </Button>
      </div>
    </Dialog>
  );
}
