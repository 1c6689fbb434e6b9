/// Tasks in any number of lines, all in one list of slots: a line costs eight bytes, and a task no allocation of its own.
#[derive(Debug)]
pub(super) struct Lines<T> {
    slots: Vec<Slot<T>>,
    free: Line,
}

#[derive(Debug)]
struct Slot<T> {
    task: Option<T>,
    owner: u32,
    next: u32,
}

/// First in, first out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    head: u32,
    tail: u32,
}

/// A task that stands in no line, or the place of one that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u32);

const NONE: u32 = u32::MAX;

impl Line {
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE };
}

impl<T> Lines<T> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Line::EMPTY }
    }

    /// Takes a task in; it stands in no line yet.
    pub(super) fn admit(&mut self, task: T, owner: u32) -> Ticket {
        let mut free = self.free;
        let ticket = self.pop(&mut free);
        self.free = free;
        let slot = Slot { task: Some(task), owner, next: NONE };
        match ticket.and_then(|ticket| Some((ticket, self.slots.get_mut(ticket.0 as usize)?))) {
            Some((ticket, place)) => {
                *place = slot;
                ticket
            }
            None => {
                self.slots.push(slot);
                Ticket(u32::try_from(self.slots.len() - 1).unwrap_or(NONE))
            }
        }
    }

    pub(super) fn append(&mut self, line: &mut Line, ticket: Ticket) {
        if let Some(slot) = self.slots.get_mut(ticket.0 as usize) {
            slot.next = NONE;
        }
        match self.slots.get_mut(line.tail as usize) {
            Some(last) => last.next = ticket.0,
            None => line.head = ticket.0,
        }
        line.tail = ticket.0;
    }

    pub(super) fn pop(&mut self, line: &mut Line) -> Option<Ticket> {
        let first = self.slots.get(line.head as usize)?;
        let ticket = Ticket(line.head);
        line.head = first.next;
        if line.head == NONE {
            line.tail = NONE;
        }
        Some(ticket)
    }

    pub(super) fn task(&self, ticket: Ticket) -> Option<&T> {
        self.slots.get(ticket.0 as usize)?.task.as_ref()
    }

    pub(super) fn owner(&self, ticket: Ticket) -> u32 {
        self.slots.get(ticket.0 as usize).map_or(NONE, |slot| slot.owner)
    }

    /// Gives a task out that stands in no line any more.
    pub(super) fn release(&mut self, ticket: Ticket) -> Option<T> {
        let task = self.slots.get_mut(ticket.0 as usize)?.task.take()?;
        let mut free = self.free;
        self.append(&mut free, ticket);
        self.free = free;
        Some(task)
    }
}
