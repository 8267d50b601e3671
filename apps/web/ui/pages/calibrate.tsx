import { useState } from 'preact/hooks';
import { formatNumber, unitText } from '../model/format.js';
import { asList, asObject } from '../model/form.js';
import type { Calibration, DeviceInfo } from '../model/types.js';
import { isMeasured } from '../model/values.js';
import { call } from '../state/api.js';
import { reading } from '../state/live.js';
import { tellDone } from '../state/toasts.js';
import { NumberInput } from '../view/inputs.js';
import { Button, ConfirmButton, IconButton, Labelled, Loads, useLoad } from '../view/parts.js';

type Points = readonly (readonly [raw: number, real: number])[];

/** What a value says beside what is true, at one point or several; the device server draws the line through them. */
export function Calibrate({ server, info }: { readonly server: string; readonly info: DeviceInfo }) {
  const config = useLoad(
    () => call('GET /devices/{server}/{device}/config', { params: { server, device: info.name } }),
    [server, info.name],
  );
  const values = Object.entries(info.type.values).filter(
    ([, value]) => isMeasured(value) && value.access === 'read',
  );
  if (values.length === 0) return <p class="panel soft">It has no readings that could be calibrated.</p>;
  return (
    <Loads of={config}>
      {(of) => (
        <>
          {values.map(([name, { title, unit }]) => (
            <ValueCalibration
              key={name}
              server={server}
              device={info.name}
              name={name}
              title={title}
              unit={unit}
              all={of.calibration ?? {}}
              onSaved={config.reload}
            />
          ))}
        </>
      )}
    </Loads>
  );
}

function pointsOf(calibration: Calibration | undefined): Points {
  return asList(asObject(calibration)['points']).filter(
    (point): point is [number, number] => Array.isArray(point) && point.length === 2,
  );
}

function ValueCalibration(props: {
  readonly server: string;
  readonly device: string;
  readonly name: string;
  readonly title: string;
  readonly unit: string | undefined;
  readonly all: Readonly<Record<string, Calibration>>;
  readonly onSaved: () => void;
}) {
  const { server, device, name, title, unit, all, onSaved } = props;
  const now = reading(server, device, name).value;
  const raw = now?.raw ?? (typeof now?.value === 'number' ? now.value : undefined);
  const [points, setPoints] = useState<Points>(pointsOf(all[name]));
  const [real, setReal] = useState<number | undefined>(undefined);
  const straight =
    all[name] !== undefined && pointsOf(all[name]).length === 0 ? asObject(all[name]) : undefined;
  const save = async (next: Calibration | undefined): Promise<void> => {
    const { [name]: _, ...rest } = all;
    const calibration = next === undefined ? rest : { ...rest, [name]: next };
    await call('PATCH /devices/{server}/{device}/config', {
      params: { server, device },
      body: { calibration },
    });
    onSaved();
  };
  return (
    <section class="panel stack">
      <h2>{title}</h2>
      <p class="soft">
        It says <strong>{raw === undefined ? '–' : `${formatNumber(raw)}${unitText(unit)}`}</strong> now.
        Measure the truth with something you trust, and enter it; one point is an offset, two or more are a
        line.
      </p>
      {straight !== undefined && (
        <p class="note">
          Now: × {formatNumber(Number(straight['scale'] ?? 1))} +{' '}
          {formatNumber(Number(straight['offset'] ?? 0))}. Points take its place.
        </p>
      )}
      {points.length > 0 && (
        <div class="table-frame">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  It says
                </th>
                <th scope="col" class="number">
                  True
                </th>
                <th scope="col">
                  <span class="visually-hidden">Remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {points.map((point, index) => (
                <tr key={point[0]}>
                  <td class="number">{formatNumber(point[0])}</td>
                  <td class="number">{formatNumber(point[1])}</td>
                  <td>
                    <IconButton
                      icon="bin"
                      label={`Remove point ${index + 1}`}
                      onClick={() => setPoints(points.filter((_, at) => at !== index))}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="row">
        <Labelled label={unit === undefined ? 'True value' : `True value (${unit})`}>
          {(id) => <NumberInput id={id} label="True value" value={real} step="any" onChange={setReal} />}
        </Labelled>
        <Button
          icon="plus"
          disabled={raw === undefined || real === undefined || points.length >= 16}
          onClick={() => {
            setPoints([...points.filter(([of]) => of !== raw), [raw!, real!]]);
            setReal(undefined);
          }}
        >
          Take this point
        </Button>
      </div>
      <div class="row row-end">
        {all[name] !== undefined && (
          <ConfirmButton
            question={`${title} is then shown as the device says it.`}
            done="The calibration was removed"
            onConfirm={async () => {
              await save(undefined);
              setPoints([]);
            }}
          >
            Remove
          </ConfirmButton>
        )}
        <Button
          kind="primary"
          disabled={points.length === 0 || JSON.stringify(points) === JSON.stringify(pointsOf(all[name]))}
          onClick={async () => {
            await save({ points });
            tellDone('The calibration was saved');
          }}
        >
          Save
        </Button>
      </div>
    </section>
  );
}
