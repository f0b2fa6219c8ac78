//! Sends what is due, and reads what comes back.

use std::{
    collections::VecDeque,
    io::ErrorKind,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mio::{Events, Poll, Token, event::Event};

use super::{
    Reply,
    connection::{Buffers, Connection, End},
    schedule::Schedule,
};

/// A request that is sent so much later than it was due is late.
const LATE: f64 = 0.001;
/// After so many requests it is looked for replies, and after so many replies for requests.
const AT_ONCE: usize = 16;
/// For so long the last replies are waited for.
const PATIENCE: f64 = 2.0;
/// The status of a reply that never came.
const BROKEN_OFF: u16 = 0;

/// What was sent, and what came of it.
pub(super) struct Traffic {
    pub(super) replies: Vec<Reply>,
    /// The share of the time in which there was something to do.
    pub(super) busy: f64,
    pub(super) due: u64,
    /// Requests that were sent late although a connection was free, or never for the same reason.
    pub(super) late: u64,
    /// Requests that waited for a free connection, or would wait still.
    pub(super) waited: u64,
}

pub(super) struct Sender<'a> {
    port: u16,
    requests: &'a [Vec<u8>],
    schedule: Schedule,
    poll: Poll,
    connections: Vec<Connection>,
    /// Taken in turn, so that all are used.
    free: VecDeque<usize>,
    buffers: Buffers,
    began: Instant,
    /// When a request was due last for which no connection was free.
    without_free: f64,
    traffic: Traffic,
}

impl<'a> Sender<'a> {
    pub(super) fn connect(
        port: u16,
        connections: usize,
        requests: &'a [Vec<u8>],
        schedule: Schedule,
    ) -> Result<Self> {
        let poll = Poll::new()?;
        let open = |index| Connection::open(port, poll.registry(), Token(index));
        let connections: Vec<Connection> = (0..connections).map(open).collect::<Result<_>>()?;
        Ok(Self {
            port,
            requests,
            schedule,
            poll,
            free: (0..connections.len()).collect(),
            connections,
            buffers: Buffers::new(),
            began: Instant::now(),
            without_free: f64::NEG_INFINITY,
            traffic: Traffic {
                replies: Vec::new(),
                busy: f64::NAN,
                due: 0,
                late: 0,
                waited: 0,
            },
        })
    }

    /// Until the time is over and the last reply is here.
    pub(super) fn run(mut self) -> Result<Traffic> {
        self.began = Instant::now();
        let mut events = Events::with_capacity(AT_ONCE);
        let mut idle = 0.0;
        let mut now = 0.0;
        while !self.is_over(now) {
            let sent = self.send_due(now)?;
            let came = self.read(&mut events)?;
            let before = std::mem::replace(&mut now, self.began.elapsed().as_secs_f64());
            if sent + came == 0 {
                idle += now - before;
            }
        }
        self.give_up();
        let left = self.schedule.left();
        let mut traffic = self.traffic;
        traffic.busy = 1.0 - idle / now;
        traffic.due = self.schedule.sent() + left;
        match self.without_free.is_finite() {
            true => traffic.waited += left,
            false => traffic.late += left,
        }
        Ok(traffic)
    }

    fn is_over(&self, now: f64) -> bool {
        let all_came = || self.free.len() == self.connections.len();
        self.schedule.is_over(now) && (all_came() || self.schedule.is_over(now - PATIENCE))
    }

    /// How many were sent.
    fn send_due(&mut self, now: f64) -> Result<usize> {
        for sent in 0..AT_ONCE {
            let Some(due) = self.schedule.due(now) else {
                return Ok(sent);
            };
            let Some(index) = self.free.pop_front() else {
                self.without_free = now;
                return Ok(sent);
            };
            if now - due > LATE {
                match self.without_free >= due {
                    true => self.traffic.waited += 1,
                    false => self.traffic.late += 1,
                }
            }
            let request = &self.requests[self.schedule.send() % self.requests.len()];
            self.connections[index].send(request, due)?;
        }
        Ok(AT_ONCE)
    }

    /// Looks at what has come, and never waits for it: the system would wake this thread later than the next request
    /// is due. How much it was.
    fn read(&mut self, events: &mut Events) -> Result<usize> {
        match self.poll.poll(events, Some(Duration::ZERO)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(0),
            polled => polled?,
        }
        for Token(index) in events.iter().map(Event::token) {
            let connection = self.connections.get_mut(index);
            let connection = connection.context("an event of nobody")?;
            if let Some(end) = connection.read(&mut self.buffers)? {
                self.ended(index, &end)?;
            }
        }
        Ok(events.iter().count())
    }

    fn ended(&mut self, index: usize, end: &End) -> Result<()> {
        if end.status.is_none() {
            let token = Token(index);
            self.connections[index] = Connection::open(self.port, self.poll.registry(), token)?;
        }
        if let Some(at) = end.due {
            let took = self.began.elapsed().as_secs_f64() - at;
            let status = end.status.unwrap_or(BROKEN_OFF);
            self.traffic.replies.push(Reply { at, took, status });
            self.free.push_back(index);
        }
        Ok(())
    }

    /// Tells of requests that were not answered.
    fn give_up(&mut self) {
        let now = self.began.elapsed().as_secs_f64();
        let due = self.connections.iter().filter_map(Connection::due);
        self.traffic.replies.extend(due.map(|at| Reply {
            at,
            took: now - at,
            status: BROKEN_OFF,
        }));
    }
}
