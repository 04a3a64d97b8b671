import type { ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';
import './table.css';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand on the right. */
  readonly isNumber?: boolean;
  /** The cell that names the row. */
  readonly isHeading?: boolean;
  readonly canSort?: boolean;
  /** Drawn before the title. */
  readonly mark?: ComponentChildren;
  /** The title is for those who listen; those who look know. */
  readonly hasHiddenTitle?: boolean;
}

export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
}

/** Rows and columns. On a phone's width each row is a card, in which each cell has its column's title. */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  rowClass,
  sorting,
  onSort,
}: {
  /** What it shows, for those who listen. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly rowClass?: (row: Row) => string;
  readonly sorting?: Sorting;
  readonly onSort?: (sorting: Sorting) => void;
}) {
  return (
    <table class="table">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <Heading
              key={column.key}
              column={column}
              {...(column.canSort === true && sorting !== undefined && onSort !== undefined && { sorting, onSort })}
            />
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} class={rowClass?.(row)}>
            {columns.map(({ key, title, cell, isNumber, isHeading, hasHiddenTitle }) => {
              const content = cell(row);
              const shared = {
                key,
                class: `cell-${key}${isNumber === true ? ' number' : ''}`,
                'data-title': hasHiddenTitle === true ? undefined : title,
                children: content,
              };
              return isHeading === true ? <th scope="row" {...shared} /> : <td {...shared} />;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Heading<Row>({
  column: { key, title, mark, isNumber, hasHiddenTitle },
  sorting,
  onSort,
}: {
  readonly column: Column<Row>;
  readonly sorting?: Sorting;
  readonly onSort?: (sorting: Sorting) => void;
}) {
  const isSorted = sorting?.by === key;
  const sorted = !isSorted ? undefined : sorting.isDescending ? 'descending' : 'ascending';
  return (
    <th scope="col" class={isNumber === true ? 'number' : ''} aria-sort={sorted}>
      {onSort === undefined ? (
        <span class={hasHiddenTitle === true ? 'unseen' : ''}>
          {mark} {title}
        </span>
      ) : (
        <button type="button" onClick={() => onSort({ by: key, isDescending: isSorted && !sorting.isDescending })}>
          {title}
          {isSorted && <Icon name={sorting.isDescending ? 'down' : 'up'} />}
        </button>
      )}
    </th>
  );
}
