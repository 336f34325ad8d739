//! Work on several threads whose results come back in order. Knows nothing of the work.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many jobs for each thread may be under way ahead of the one whose results are being taken.
const AHEAD: usize = 4;
/// How many results are handed over at once: each time wakes the thread that takes them, at the cost of one that works.
const HANDFUL: usize = 64;
/// How many handfuls of a job wait to be taken before its thread does.
const WAITING: usize = 8;

/// A job, and where handfuls of its results go.
type Given<J, T> = (J, SyncSender<Vec<T>>);

/// A sink of results.
pub(super) type Sink<'a, T> = &'a mut dyn FnMut(T) -> ControlFlow<()>;

/// Does jobs, on this thread alone or on several others, and takes the results in the order of the jobs and within each
/// in its own, on this thread. Stops early when taking breaks.
pub(super) fn in_order<J: Clone + Send, T: Send>(
    mut jobs: impl Iterator<Item = J>,
    threads: usize,
    work: &(dyn Fn(&J, Sink<'_, T>) + Sync),
    take: &mut dyn FnMut(&J, T) -> ControlFlow<()>,
) {
    if threads <= 1 {
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue()
            && let Some(job) = jobs.next()
        {
            work(&job, &mut |result| {
                flow = take(&job, result);
                flow
            });
        }
        return;
    }
    let (give, todo) = sync_channel::<Given<J, T>>(threads * AHEAD);
    let todo = Mutex::new(todo);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| do_all(&todo, work));
        }
        let mut under_way: VecDeque<(J, Receiver<Vec<T>>)> = VecDeque::new();
        loop {
            while under_way.len() < threads * AHEAD
                && let Some(job) = jobs.next()
            {
                let (results, taken) = sync_channel(WAITING);
                under_way.push_back((job.clone(), taken));
                if give.send((job, results)).is_err() {
                    break;
                }
            }
            let Some((job, results)) = under_way.pop_front() else { break };
            if results.iter().flatten().try_for_each(|result| take(&job, result)).is_break() {
                break;
            }
        }
        drop(give);
    });
}

fn do_all<J, T>(todo: &Mutex<Receiver<Given<J, T>>>, work: &(dyn Fn(&J, Sink<'_, T>) + Sync)) {
    loop {
        let next = todo.lock().map(|todo| todo.recv());
        let Ok(Ok((job, results))) = next else { return };
        let mut handful = Vec::with_capacity(HANDFUL);
        work(&job, &mut |result| {
            handful.push(result);
            if handful.len() < HANDFUL {
                return ControlFlow::Continue(());
            }
            // Whoever wants no more results has dropped the other end.
            match results.send(std::mem::replace(&mut handful, Vec::with_capacity(HANDFUL))) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        // The same here: nobody misses the last ones then.
        let _ = results.send(handful);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(threads: usize, jobs: u64, stop: u64) -> Vec<u64> {
        let mut taken = Vec::new();
        let work = |job: &u64, sink: Sink<'_, u64>| {
            let _ = (0..*job % 7 * 300).try_for_each(|step| sink(job * 10_000 + step));
        };
        in_order(0..jobs, threads, &work, &mut |job, result| {
            assert_eq!(result / 10_000, *job);
            taken.push(result);
            if result >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken
    }

    #[test]
    fn any_number_of_threads_gives_the_same_results_in_the_same_order() {
        let one = numbers(1, 60, u64::MAX);
        assert_eq!(one.len(), 52_200);
        assert!(one.is_sorted());
        for threads in [0, 2, 3, 8] {
            assert!(numbers(threads, 60, u64::MAX) == one, "{threads} threads");
        }
    }

    #[test]
    fn whoever_has_enough_stops_everything() {
        for threads in [1, 4] {
            assert_eq!(numbers(threads, 1_000_000, 20_010).last(), Some(&20_010));
        }
    }
}
