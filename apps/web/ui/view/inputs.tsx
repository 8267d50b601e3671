import { useEffect, useRef, useState } from 'preact/hooks';
import type { Draft } from '../model/form.js';

/** A number as it is typed, with a slider before it where both ends are known. */
export function NumberInput(props: {
  readonly id?: string;
  readonly describedBy?: string | undefined;
  readonly wrong?: boolean;
  readonly label: string;
  readonly value: number | undefined;
  readonly placeholder?: string;
  readonly step: number | 'any';
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Step of the slider; none without it. */
  readonly slider?: number | undefined;
  readonly disabled?: boolean | undefined;
  readonly onChange: (value: number | undefined) => void;
}) {
  const {
    id,
    describedBy,
    wrong = false,
    label,
    value,
    placeholder,
    step,
    min,
    max,
    slider,
    disabled,
    onChange,
  } = props;
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const typed = useRef(false);
  useEffect(() => {
    if (!typed.current) setText(value === undefined ? '' : String(value));
    typed.current = false;
  }, [value]);
  return (
    <div class="number-input">
      {slider !== undefined && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          min={min}
          max={max}
          step={slider}
          value={value}
          disabled={disabled}
          onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
        />
      )}
      <input
        id={id}
        type="number"
        inputMode="decimal"
        aria-describedby={describedBy}
        aria-invalid={wrong}
        aria-label={id === undefined ? label : undefined}
        step={step}
        placeholder={placeholder}
        value={text}
        disabled={disabled}
        onInput={({ currentTarget }) => {
          typed.current = true;
          setText(currentTarget.value);
          const number = currentTarget.valueAsNumber;
          onChange(Number.isNaN(number) ? undefined : number);
        }}
      />
    </div>
  );
}

/** Any JSON, as it is typed; what cannot be read is said and not passed on. */
export function JsonInput(props: {
  readonly id: string;
  readonly describedBy?: string | undefined;
  readonly wrong?: boolean;
  readonly value: Draft;
  readonly rows?: number;
  readonly disabled?: boolean | undefined;
  readonly onChange: (value: Draft) => void;
}) {
  const { id, describedBy, wrong = false, value, rows = 3, disabled, onChange } = props;
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [unreadable, setUnreadable] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current!.setCustomValidity(unreadable), [unreadable]);
  return (
    <>
      <textarea
        ref={area}
        id={id}
        class="mono"
        rows={rows}
        spellcheck={false}
        aria-describedby={describedBy}
        aria-invalid={wrong || unreadable !== ''}
        value={text}
        disabled={disabled}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          try {
            onChange(
              currentTarget.value.trim() === '' ? undefined : (JSON.parse(currentTarget.value) as Draft),
            );
            setUnreadable('');
          } catch (error) {
            setUnreadable((error as Error).message);
          }
        }}
      />
      {unreadable !== '' && (
        <p class="note mistake" role="alert">
          {unreadable}
        </p>
      )}
    </>
  );
}
