// The transactions of one machine: found by key, by id and by flow in constant time. Ids are slot and generation, so
// that a stale one finds nothing. It knows no machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/flow.hh"
#include "sip/key_index.hh"

namespace sip {

template <class State>
class TransactionTable {
 public:
    struct Row {
        Key key;
        Key flow_key;
        base::Flow flow;
        State state;

     private:
        friend TransactionTable;
        std::uint32_t next = 0, previous = 0;  // on the same flow; 0: none
    };

    // `mark` is set in every id of this table: it tells the ids of two tables apart.
    explicit TransactionTable(std::uint32_t mark) : mark_(mark), slots_(1) {}

    // `flow_key` from KeyMaker::flow(). The row stays where it is until erase().
    std::uint64_t open(const Key& key, const base::Flow& flow, const Key& flow_key) {
        std::uint32_t slot = free_;
        if (slot) free_ = slots_[slot].next_free;
        else {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        }
        slots_[slot].row = std::make_unique<Row>();
        Row& row = *slots_[slot].row;
        row.key = key;
        link(slot, flow, flow_key);
        const std::uint64_t id = std::uint64_t{slots_[slot].generation} << 32 | mark_ | slot;
        keys_.put(key, id);
        ++size_;
        return id;
    }

    Row* row(std::uint64_t id) {
        const auto slot = static_cast<std::uint32_t>(id) & ~mark_;
        if ((id & mark_) != mark_ || slot >= slots_.size() || slots_[slot].generation != id >> 32) return nullptr;
        return slots_[slot].row.get();
    }
    std::uint64_t find(const Key& key) const { return keys_.find(key); }

    void erase(std::uint64_t id) {
        Row* const gone = row(id);
        if (!gone) return;
        const auto slot = static_cast<std::uint32_t>(id) & ~mark_;
        if (keys_.find(gone->key) == id) keys_.erase(gone->key);
        unlink(*gone);
        slots_[slot].row.reset();
        if (++slots_[slot].generation == 0) slots_[slot].generation = 1;
        slots_[slot].next_free = free_;
        free_ = slot;
        --size_;
    }

    // The transaction goes on by another flow.
    void move(std::uint64_t id, const base::Flow& flow, const Key& flow_key) {
        Row* const moved = row(id);
        if (!moved) return;
        unlink(*moved);
        link(static_cast<std::uint32_t>(id) & ~mark_, flow, flow_key);
    }

    // visit(id, row) for each transaction on the flow; it may erase or move that one.
    template <class Visit>
    void each_on(const Key& flow_key, Visit&& visit) {
        for (auto slot = static_cast<std::uint32_t>(flows_.find(flow_key)); slot;) {
            Row& row = *slots_[slot].row;
            const std::uint32_t next = row.next;
            visit(std::uint64_t{slots_[slot].generation} << 32 | mark_ | slot, row);
            slot = next;
        }
    }

    std::size_t size() const { return size_; }

 private:
    struct Slot {
        std::unique_ptr<Row> row;
        std::uint32_t generation = 1;
        std::uint32_t next_free = 0;
    };

    void link(std::uint32_t slot, const base::Flow& flow, const Key& flow_key) {
        Row& row = *slots_[slot].row;
        row.flow = flow;
        row.flow_key = flow_key;
        row.previous = 0;
        row.next = static_cast<std::uint32_t>(flows_.find(flow_key));
        if (row.next) slots_[row.next].row->previous = slot;
        flows_.put(flow_key, slot);
    }

    void unlink(const Row& row) {
        if (row.next) slots_[row.next].row->previous = row.previous;
        if (row.previous) slots_[row.previous].row->next = row.next;
        else if (row.next) flows_.put(row.flow_key, row.next);
        else flows_.erase(row.flow_key);
    }

    std::uint32_t mark_;
    std::vector<Slot> slots_;  // [0] is never used, so that 0 can mean none
    std::uint32_t free_ = 0;
    std::size_t size_ = 0;
    KeyIndex keys_;    // to ids
    KeyIndex flows_;   // to the first slot on each flow
};

}  // namespace sip
