#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/effects.h"

/// Effects in words for somebody who decides when a statement may run.
namespace planner {

/// `reads and writes wait`, `writes wait, reads go on`, `reads and writes go on; other schema changes and
/// VACUUM wait`, ...
std::string who_waits(LockMode mode);
/// What may run beside the lock: `SELECT`, `SELECT, INSERT, UPDATE and DELETE`, `nothing`.
std::string goes_on_beside(LockMode mode);

/// How long a statement works on a relation, before it gives anything back.
enum class Work { Moment, ReadsRows, BuildsIndexes, ChecksKeys, Rewrites, ChangesRows };
Work work_on(const Effects& effects, const ObjectName& relation);
/// The longest work under any lock of the statement: what everybody who waits for it waits for.
Work longest_work(const Effects& effects);

/// `while every row is read`, `while the table is written anew and its 3 indexes rebuilt`,
/// `for a moment (catalogue only), but it queues behind any running query`.
std::string for_how_long(const Effects& effects, const ObjectName& relation, const Schema& schema);

/// Seconds on an ordinary server, meant to be an upper bound; nullopt without a size. From 5 million rows
/// measured on two cores with everything in memory (checks 10 million rows a second, index builds 2, key
/// checks 2, rewrites 0.35), a quarter of that, and at most 100 MB of table a second.
std::optional<double> estimated_seconds(const Effects& effects, const ObjectName& relation,
                                        const Schema& schema);
std::string display_seconds(
    double seconds);  ///< `less than a second`, `about 40 s`, `about 12 min`, `about 3 h`

/// The statement's effects as sentences, the gravest first: one per relation that is locked, rewritten or
/// read, then what else is to be known.
std::vector<std::string> describe(const Effects& effects, const Schema& schema);
/// The same with what the operation is about in front: `alter column type on users: ...`, as one text of
/// several lines.
std::string describe(const Effects& effects, const Operation& operation, const Schema& schema);

std::string_view reason_text(ScanReason reason);  ///< `to prove that no value is NULL`
std::string_view work_text(IndexWork work);       ///< `is rebuilt`

}  // namespace planner
