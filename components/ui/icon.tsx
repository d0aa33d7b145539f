import {
  Archive,
  ArrowDown,
  ArrowLeft,
  ArrowLeftRight,
  ArrowRight,
  ArrowUp,
  Bell,
  Calendar,
  Camera,
  Check,
  ChevronDown,
  ChevronLeft,
  ChevronRight,
  ChevronUp,
  Circle,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleMinus,
  Clock,
  Copy,
  Database,
  Download,
  Ellipsis,
  ExternalLink,
  Eye,
  EyeOff,
  File,
  FileCheck,
  FilePen,
  FilePlusCorner,
  FileX,
  Flag,
  GitBranch,
  Hash,
  History,
  Info,
  Key,
  Link,
  List,
  Lock,
  LockOpen,
  LogOut,
  type LucideIcon,
  Menu,
  MessageSquare,
  Minus,
  Monitor,
  Moon,
  OctagonX,
  Package,
  Pause,
  Pencil,
  Play,
  Plus,
  RefreshCw,
  Search,
  Server,
  Settings,
  ShieldAlert,
  ShieldCheck,
  Signature,
  SquareTerminal,
  StepForward,
  Sun,
  Table2,
  Timer,
  Trash2,
  TriangleAlert,
  Undo2,
  Upload,
  User,
  Users,
  Wrench,
  X,
  Zap,
} from 'lucide-react';
import { classNames } from '@/components/ui/class-names';
import { type GlyphName, glyphs } from '@/components/ui/glyphs';

const libraryIcons = {
  archive: Archive,
  arrowDown: ArrowDown,
  arrowLeft: ArrowLeft,
  arrowRight: ArrowRight,
  arrowUp: ArrowUp,
  bell: Bell,
  bolt: Zap,
  branch: GitBranch,
  calendar: Calendar,
  camera: Camera,
  check: Check,
  chevronDown: ChevronDown,
  chevronLeft: ChevronLeft,
  chevronRight: ChevronRight,
  chevronUp: ChevronUp,
  circle: Circle,
  clock: Clock,
  comment: MessageSquare,
  copy: Copy,
  danger: OctagonX,
  database: Database,
  download: Download,
  draft: FilePlusCorner,
  edit: Pencil,
  external: ExternalLink,
  eye: Eye,
  eyeOff: EyeOff,
  file: File,
  fileChanged: FilePen,
  fileChecked: FileCheck,
  flag: Flag,
  hash: Hash,
  history: History,
  info: Info,
  key: Key,
  link: Link,
  list: List,
  lock: Lock,
  unlock: LockOpen,
  logOut: LogOut,
  menu: Menu,
  minus: Minus,
  minusCircle: CircleMinus,
  missing: FileX,
  monitor: Monitor,
  moon: Moon,
  more: Ellipsis,
  ok: CircleCheck,
  package: Package,
  pause: Pause,
  pending: CircleDashed,
  play: Play,
  plus: Plus,
  refresh: RefreshCw,
  search: Search,
  selected: CircleDot,
  server: Server,
  settings: Settings,
  shield: ShieldCheck,
  shieldAlert: ShieldAlert,
  sign: Signature,
  stepForward: StepForward,
  sun: Sun,
  swap: ArrowLeftRight,
  table: Table2,
  terminal: SquareTerminal,
  timer: Timer,
  trash: Trash2,
  undo: Undo2,
  upload: Upload,
  user: User,
  users: Users,
  warn: TriangleAlert,
  wrench: Wrench,
  x: X,
} satisfies Record<string, LucideIcon>;

export type IconName = keyof typeof libraryIcons | GlyphName;

export type IconSize = 12 | 14 | 16 | 18 | 20 | 24;

export interface IconProps {
  name: IconName;
  /** Pixels. Default 16. */
  size?: IconSize;
  className?: string;
  /** Only for an icon that stands without a word beside it. Without it the icon is decoration. */
  label?: string;
}

/** A margin around the library's grid: its icons fill it more than the type beside them allows. */
const viewBox = '-1 -1 26 26';

/** Stroke in grid units so that the drawn line is 1.5 px at every size, as the type is drawn. */
function strokeFor(size: IconSize): number {
  return (1.5 * 26) / size;
}

/** An icon by name. Names, not components, so that server components can hand them on. */
export function Icon({ name, size = 16, className, label }: IconProps) {
  const a11y = label
    ? ({ role: 'img', 'aria-label': label } as const)
    : ({ 'aria-hidden': true } as const);
  const shared = classNames('shrink-0', className);
  if (isGlyph(name)) {
    return (
      // biome-ignore lint/a11y/noSvgWithoutTitle: named by aria-label, or hidden as decoration
      <svg
        viewBox={viewBox}
        width={size}
        height={size}
        fill="none"
        stroke="currentColor"
        strokeWidth={strokeFor(size)}
        strokeLinecap="round"
        strokeLinejoin="round"
        className={shared}
        {...a11y}
      >
        {glyphs[name]}
      </svg>
    );
  }
  const LibraryIcon = libraryIcons[name];
  return (
    <LibraryIcon
      size={size}
      viewBox={viewBox}
      strokeWidth={strokeFor(size)}
      className={shared}
      {...a11y}
    />
  );
}

function isGlyph(name: IconName): name is GlyphName {
  return name in glyphs;
}
