import { useId } from 'preact/hooks';
import type { Field } from '../model/fields.js';
import {
  asList,
  asObject,
  choiceIndex,
  initial,
  joined,
  mistakesAt,
  withMember,
  type Draft,
} from '../model/form.js';
import type { Json } from '../model/types.js';
import {
  BooleanView,
  EnumView,
  JsonView,
  NumberView,
  TextView,
  type FieldProps,
  type Of,
} from './form-scalars.js';
import { IconButton, Labelled } from './parts.js';

/** The controls of one field, whatever it is. The form is generated: it knows no device and no plugin. */
export function FieldView(props: FieldProps) {
  switch (props.field.kind) {
    case 'boolean':
      return <BooleanView {...(props as Of<'boolean'>)} />;
    case 'number':
      return <NumberView {...(props as Of<'number'>)} />;
    case 'enum':
      return <EnumView {...(props as Of<'enum'>)} />;
    case 'text':
      return <TextView {...(props as Of<'text'>)} />;
    case 'object':
      return <ObjectView {...(props as Of<'object'>)} />;
    case 'list':
      return <ListView {...(props as Of<'list'>)} />;
    case 'tuple':
      return <TupleView {...(props as Of<'tuple'>)} />;
    case 'record':
      return <RecordView {...(props as Of<'record'>)} />;
    case 'choice':
      return <ChoiceView {...(props as Of<'choice'>)} />;
    case 'constant':
      return null;
    case 'json':
      return <JsonView {...(props as Of<'json'>)} />;
  }
}

function ObjectView({ field, draft, path, mistakes, ...rest }: Of<'object'>) {
  const of = asObject(draft);
  const shown = field.members.filter(({ field: member }) => member.kind !== 'constant');
  const single = shown.length === 1 && field.title === '';
  return (
    <Nested
      title={path === '' ? '' : field.title}
      help={field.description}
      wrong={mistakesAt(mistakes, path)}
    >
      {shown.map(({ name, required, field: member }) => {
        const at = joined(path, name);
        const change = (value: Draft): void => rest.onChange(withMember(draft, name, value));
        if (!required && of[name] === undefined && isLarge(member)) {
          return (
            <div class="labelled" key={name}>
              <button
                type="button"
                class="add-link"
                disabled={rest.disabled}
                onClick={() => change(initial(member, undefined) ?? null)}
              >
                + {member.title}
              </button>
            </div>
          );
        }
        return (
          <div class={!required && isLarge(member) ? 'removable' : undefined} key={name}>
            <FieldView
              {...rest}
              field={single && member.kind === 'object' ? { ...member, title: '' } : member}
              draft={of[name]}
              path={at}
              mistakes={mistakes}
              onChange={change}
            />
            {!required && isLarge(member) && (
              <IconButton
                icon="close"
                label={`Leave out ${member.title}`}
                disabled={rest.disabled === true}
                onClick={() => change(undefined)}
              />
            )}
          </div>
        );
      })}
    </Nested>
  );
}

/** What is left out until somebody asks for it. */
function isLarge({ kind }: Field): boolean {
  return kind === 'object' || kind === 'list' || kind === 'record' || kind === 'choice' || kind === 'tuple';
}

function Nested(props: {
  readonly title: string;
  readonly help?: string | undefined;
  readonly wrong: readonly string[];
  readonly children: preact.ComponentChildren;
}) {
  const { title, help, wrong, children } = props;
  const notes = (
    <>
      {wrong.map((message) => (
        <p class="note mistake" key={message}>
          {message}
        </p>
      ))}
      {help !== undefined && <p class="note">{help}</p>}
    </>
  );
  if (title === '') {
    return (
      <div class="form-grid">
        {notes}
        {children}
      </div>
    );
  }
  return (
    <fieldset class="nested">
      <legend>{title}</legend>
      {notes}
      <div class="form-grid">{children}</div>
    </fieldset>
  );
}

function ListView({ field, draft, path, mistakes, ...rest }: Of<'list'>) {
  const items = asList(draft);
  const set = (next: readonly Json[]): void => rest.onChange(next);
  const full = items.length >= (field.max ?? Infinity) || rest.disabled === true;
  return (
    <Nested title={field.title || 'Entries'} help={field.description} wrong={mistakesAt(mistakes, path)}>
      {items.map((item, index) => (
        <div class="list-item" key={index}>
          <FieldView
            {...rest}
            field={named(field.item, `${index + 1}`)}
            draft={item ?? undefined}
            path={`${path}[${index}]`}
            mistakes={mistakes}
            onChange={(value) => set(items.map((of, at) => (at === index ? (value ?? null) : of)))}
          />
          <IconButton
            icon="bin"
            label={`Remove entry ${index + 1}`}
            disabled={rest.disabled === true}
            onClick={() => set(items.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <button
        type="button"
        class="add-link"
        disabled={full}
        onClick={() => set([...items, initial(field.item, undefined) ?? null])}
      >
        + Add
      </button>
    </Nested>
  );
}

const named = (field: Field, title: string): Field => (field.title === '' ? { ...field, title } : field);

function TupleView({ field, draft, path, mistakes, ...rest }: Of<'tuple'>) {
  const items = asList(draft);
  return (
    <div class="tuple">
      {field.items.map((item, index) => (
        <FieldView
          {...rest}
          key={index}
          field={named(item, `Part ${index + 1}`)}
          draft={items[index] ?? undefined}
          path={`${path}[${index}]`}
          mistakes={mistakes}
          onChange={(value) =>
            rest.onChange(field.items.map((_, at) => (at === index ? (value ?? null) : (items[at] ?? null))))
          }
        />
      ))}
    </div>
  );
}

function RecordView({ field, draft, path, mistakes, ...rest }: Of<'record'>) {
  const of = asObject(draft);
  const nameId = useId();
  const add = (input: HTMLInputElement): void => {
    const name = input.value.trim();
    if (name === '' || Object.hasOwn(of, name)) return;
    rest.onChange({ ...of, [name]: initial(field.item, undefined) ?? null });
    input.value = '';
  };
  return (
    <Nested title={field.title || 'Entries'} help={field.description} wrong={mistakesAt(mistakes, path)}>
      {Object.entries(of).map(([name, value]) => (
        <div class="list-item" key={name}>
          <div class="nested">
            <p class="record-name">
              <code>{name}</code>
            </p>
            <FieldView
              {...rest}
              field={
                field.item.kind === 'choice' || field.item.kind === 'object'
                  ? field.item
                  : named(field.item, name)
              }
              draft={value ?? undefined}
              path={joined(path, name)}
              mistakes={mistakes}
              onChange={(next) => rest.onChange({ ...of, [name]: next ?? null })}
            />
          </div>
          <IconButton
            icon="bin"
            label={`Remove ${name}`}
            disabled={rest.disabled === true}
            onClick={() => rest.onChange(withMember(draft, name, undefined))}
          />
        </div>
      ))}
      <div class="row">
        <label class="visually-hidden" for={nameId}>
          Name of a new entry
        </label>
        <input
          id={nameId}
          type="text"
          placeholder="name"
          autocomplete="off"
          disabled={rest.disabled}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add(event.currentTarget);
          }}
        />
        <button
          type="button"
          class="add-link"
          disabled={rest.disabled}
          onClick={() => add(document.getElementById(nameId) as HTMLInputElement)}
        >
          + Add
        </button>
      </div>
    </Nested>
  );
}

function ChoiceView({ field, draft, path, mistakes, ...rest }: Of<'choice'>) {
  const index = choiceIndex(field, draft);
  const chosen = field.choices[index]!;
  return (
    <Nested title={field.title} help={field.description} wrong={mistakesAt(mistakes, path)}>
      <Labelled label="Kind">
        {(id) => (
          <select
            id={id}
            value={String(index)}
            disabled={rest.disabled}
            onChange={({ currentTarget }) =>
              rest.onChange(initial(field.choices[Number(currentTarget.value)]!.field, undefined) ?? null)
            }
          >
            {field.choices.map(({ title }, at) => (
              <option key={title} value={String(at)}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <FieldView
        {...rest}
        field={chosen.field.kind === 'object' ? { ...chosen.field, title: '' } : named(chosen.field, 'Value')}
        draft={draft}
        path={path}
        mistakes={mistakes}
      />
    </Nested>
  );
}
