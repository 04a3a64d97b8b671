/** What a look at a dataset found: how many images, of which classes and sizes, and what is wrong with them. */

export interface BadFile {
  /** Relative to the dataset's folder, with `/`. */
  readonly path: string;
  readonly reason: string;
}

/** What is known of one image before it was cropped and resized; width and height in pixels, as it is looked at. */
export interface SourceImage {
  readonly width: number;
  readonly height: number;
  /** Colour model, depth and transparency: 'grey', 'colour, alpha', 'CMYK' … */
  readonly kind: string;
}

export interface SizeCount {
  readonly width: number;
  readonly height: number;
  readonly count: number;
}

export interface DatasetReport {
  readonly name: string;
  /** Absolute path of the folder that was read. */
  readonly source: string;
  readonly count: number;
  /** Images per class, in the order of the labels; empty where there are no labels. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Original sizes, the commonest first. */
  readonly sizes: readonly SizeCount[];
  /** The original sizes with the fewest and the most pixels. */
  readonly smallest: SizeCount;
  readonly largest: SizeCount;
  /** Original colour models, the commonest first. */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
  readonly badFiles: readonly BadFile[];
  readonly warnings: readonly string[];
}

export interface ReportFacts {
  readonly name: string;
  readonly source: string;
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
  readonly images: readonly SourceImage[];
  /** Images that had to be enlarged to reach the resolution. */
  readonly enlarged: number;
  readonly badFiles: readonly BadFile[];
  readonly warnings: readonly string[];
}

/** Counts classes, sizes and colour models, and adds the warnings that follow from the counts. */
export function makeReport(facts: ReportFacts): DatasetReport {
  const { name, source, classNames, labels, images, enlarged, badFiles } = facts;
  const perClass = new Int32Array(classNames.length);
  for (const label of labels) perClass[label] = (perClass[label] ?? 0) + 1;
  const classes = classNames.map((className, label) => ({ name: className, count: perClass[label] ?? 0 }));
  const sizes = countEqual(images, ({ width, height }) => `${width}x${height}`).map(([{ width, height }, count]) => {
    return { width, height, count };
  });
  const bySize = sizes.toSorted((a, b) => a.width * a.height - b.width * b.height);
  const none = { width: 0, height: 0, count: 0 };
  return {
    name,
    source,
    count: images.length,
    classes,
    sizes,
    smallest: bySize[0] ?? none,
    largest: bySize.at(-1) ?? none,
    kinds: countEqual(images, ({ kind }) => kind).map(([{ kind }, count]) => ({ kind, count })),
    badFiles,
    warnings: [...facts.warnings, ...labelWarnings(classes), ...enlargementWarning(enlarged, images.length)],
  };
}

const MOST_BAD_FILES_LISTED = 20;

/** The first of them, one a line, and how many more there are. */
export function listBad(badFiles: readonly BadFile[]): string {
  const lines = badFiles.slice(0, MOST_BAD_FILES_LISTED).map(({ path, reason }) => `\n  ${path}: ${reason}`);
  const more = badFiles.length - lines.length;
  return lines.join('') + (more > 0 ? `\n  … and ${more} more` : '');
}

/** The first line of what an error says, as the reason why a file is bad. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

/** One member of each group of equal keys with the group's size, the largest group first. */
function countEqual<T>(items: readonly T[], keyOf: (item: T) => string): [T, number][] {
  const groups = new Map<string, [T, number]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item, 1]);
    else group[1]++;
  }
  return [...groups.values()].toSorted((a, b) => b[1] - a[1]);
}

function labelWarnings(classes: DatasetReport['classes']): string[] {
  const [first] = classes;
  if (first === undefined) {
    return [
      'The images have no labels: only unconditional models can train on them. For labels, use a folder a class.',
    ];
  }
  const fewest = classes.reduce((least, entry) => (entry.count < least.count ? entry : least), first);
  const most = classes.reduce((largest, entry) => (entry.count > largest.count ? entry : largest), first);
  if (fewest.count * 100 >= most.count) return [];
  return [
    `Class "${fewest.name}" has ${fewest.count} images and class "${most.name}" has ${most.count}: ` +
      'a class this small will hardly be learnt. Add images to it, or leave it out.',
  ];
}

function enlargementWarning(enlarged: number, count: number): string[] {
  if (enlarged === 0) return [];
  return [
    `${enlarged} of ${count} images are smaller than the resolution and were enlarged, ` +
      'which the discriminator can see. A lower resolution avoids it.',
  ];
}
