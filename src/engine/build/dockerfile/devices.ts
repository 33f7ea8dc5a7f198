import { parseBool, splitFields } from './flagFields.ts';

/** A device that RUN gets from the machine, by its CDI name: `vendor.com/class=name`. */
export interface RunDevice {
  readonly name: string;
  readonly isRequired: boolean;
}

/** Parses the value of one `--device` (BuildKit, `ParseDevice`); a text says why it is refused. */
export function parseDevice(text: string): RunDevice | string {
  const fields = splitFields(text);
  if (fields === undefined) return 'failed to parse csv devices';
  let [name, isRequired] = ['', false];
  for (const { text: field, key, value } of fields)
    if (key === 'required') {
      const said = value === undefined ? true : parseBool(value);
      if (said === undefined) return `invalid value for required: ${value ?? ''}`;
      isRequired = said;
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') return `device name already set to ${name}`;
      name = value;
    } else if (name === '') name = field;
    else if (value === undefined) return `invalid field '${field}' must be a key=value pair`;
    else return `unexpected key '${key}' in '${field}'`;
  return { name, isRequired };
}
