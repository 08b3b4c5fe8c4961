/** The program that is recorded: one workload, told in its argument. */
import { runWorkload, type Workload } from './workload.ts';

await runWorkload(JSON.parse(process.argv[2] ?? '') as Workload);
