// SPDX-License-Identifier: Apache-2.0

/** Steps from the root of a document to one value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a manifest or a file it names, with the place that a person must look at. */
export interface ManifestFault {
  /** An error keeps the manifest from being published; a warning is shown and no more. */
  readonly severity: 'error' | 'warning';
  /** Relative to the agent's directory. */
  readonly file: string;
  /** `spec.tools[0].constraints.channel`; empty for the document as a whole. */
  readonly path: string;
  /** From 1; 0 where there is no text to point at (a missing file). */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** `spec.tools[0].ref`, as people write paths. Names that are no identifiers are quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** One line per fault: `agent.yaml:12:7 spec.tools[0].ref: there is no tool "slack.post@1". Known are ...`. */
export function faultText(fault: ManifestFault): string {
  const place = fault.line > 0 ? `${fault.file}:${fault.line}:${fault.column}` : fault.file;
  const subject = fault.path === '' ? '' : ` ${fault.path}:`;
  const hint = fault.hint === undefined ? '' : ` ${fault.hint}`;
  return `${place}${subject} ${fault.severity === 'warning' ? 'warning: ' : ''}${fault.message}.${hint}`;
}
