// The twin of every picture: the same numbers as a table.
import { useState } from "preact/hooks";
import { exact } from "./numbers";

export type Cell = string | number;

export interface Sheet {
  caption: string;
  columns: string[];
  rows: Cell[][];
}

const SHOWN = 400;

export function Table({ caption, columns, rows }: Sheet) {
  const shown = rows.slice(0, SHOWN);
  return (
    <div class="sheet" role="region" tabIndex={0} aria-label={caption}>
      <table>
        <caption>
          {caption}
          {rows.length > SHOWN && ` (the first ${SHOWN} of ${rows.length} rows)`}
        </caption>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={i} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} class={typeof cell === "number" ? "number" : ""}>
                  {typeof cell === "number" ? exact(cell) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Closed it costs nothing: the sheets are made only while it is open. */
export function Twin({ of, sheets }: { of: string; sheets: () => Sheet[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="twin" data-of={of} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        View as table<span class="unseen">: {of}</span>
      </summary>
      {open && <Sheets sheets={sheets} />}
    </details>
  );
}

function Sheets({ sheets }: { sheets: () => Sheet[] }) {
  return (
    <>
      {sheets().map((sheet) => (
        <Table key={sheet.caption} {...sheet} />
      ))}
    </>
  );
}
