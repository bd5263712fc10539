#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/effects/effects.h"

/// Effects in words for somebody who decides when a statement may run.
namespace planner {

/// `nobody can read or write WHAT`, `nobody can write to WHAT`; empty when neither is blocked.
std::string nobody_can(LockMode mode, std::string_view what);
/// `nobody can write to it, reading goes on`, `nextval() waits`, ...
std::string who_waits(LockMode mode, LockedKind kind = LockedKind::Table);
/// What may run beside the lock: `SELECT`, `SELECT, INSERT, UPDATE and DELETE`, `nothing`.
std::string goes_on_beside(LockMode mode);

/// How long a statement works on a relation, before it gives anything back.
enum class Work { Moment, ReadsRows, BuildsIndexes, ChecksKeys, Rewrites, ChangesRows };
Work work_on(const Effects& effects, const ObjectName& relation);
/// The longest work under any lock of the statement: what everybody who waits for it waits for.
Work longest_work(const Effects& effects);

/// `while every row is read`, `while the table is written anew and its 3 indexes rebuilt`,
/// `for a moment: only the catalogue changes`.
std::string for_how_long(const Effects& effects, const ObjectName& relation, const Schema& schema);

/// Seconds on an ordinary server, meant to be an upper bound; nullopt without a size. From 5 million rows
/// measured on two cores with everything in memory (checks 10 million rows a second, index builds 2, key
/// checks 2, rewrites 0.35), a quarter of that, and at most 100 MB of table a second.
std::optional<double> estimated_seconds(const Effects& effects, const ObjectName& relation,
                                        const Schema& schema);
std::string display_seconds(
    double seconds);  ///< `less than a second`, `about 40 s`, `about 12 min`, `about 3 h`

std::string_view reason_text(ScanReason reason);  ///< `to prove that no value is NULL`
std::string_view work_text(IndexWork work);       ///< `is rebuilt`

}  // namespace planner
