#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>

#include "planner/sql/parse.h"
#include "planner/sql/recover.h"
#include "planner/sql/scan.h"

namespace planner {

namespace {

/// Does the Rust crate sqlparser 0.61.0, which Prisma's splitter asks, parse a statement? Every answer was
/// measured with that crate on statements of the kind.
enum class Reads { Yes, No, Unsure };

Reads yes_unless(bool problem) { return problem ? Reads::No : Reads::Yes; }

/// The statement's words, for what an operation does not keep because no rule asks for it. They are read when
/// somebody asks: most statements are told by their operations.
class Words {
 public:
  Words(std::string_view text, Span span) : text_(text), span_(span) {}

  bool has(PgQuery__Token kind) const { return find(kind) < tokens().size(); }
  std::size_t find(PgQuery__Token kind) const {
    const auto found = std::find_if(tokens().begin(), tokens().end(),
                                    [&](const pg::Token& token) { return token.kind == kind; });
    return static_cast<std::size_t>(found - tokens().begin());
  }
  PgQuery__Token at(std::size_t index) const {
    return index < tokens().size() ? tokens()[index].kind : PG_QUERY__TOKEN__NUL;
  }
  bool has_any(std::initializer_list<PgQuery__Token> kinds) const {
    return std::any_of(kinds.begin(), kinds.end(), [&](PgQuery__Token kind) { return has(kind); });
  }
  bool comes(PgQuery__Token first, PgQuery__Token second) const {
    for (std::size_t i = 0; i + 1 < tokens().size(); ++i) {
      if (tokens()[i].kind == first && tokens()[i + 1].kind == second) return true;
    }
    return false;
  }
  /// Do the words stand in this order, as far as they are there?
  bool in_order(std::initializer_list<PgQuery__Token> kinds) const {
    std::size_t last = 0;
    for (const PgQuery__Token kind : kinds) {
      const std::size_t place = find(kind);
      if (place == tokens().size()) continue;
      if (place < last) return false;
      last = place;
    }
    return true;
  }
  /// `gist_trgm_ops(siglen = 32)`
  bool opens_parenthesis_after(const Identifier& name) const {
    for (std::size_t i = 0; i + 1 < tokens().size(); ++i) {
      if (tokens()[i + 1].kind == PG_QUERY__TOKEN__ASCII_40 &&
          pg::identifier_of(text_, tokens()[i]) == name.str())
        return true;
    }
    return false;
  }

 private:
  const std::vector<pg::Token>& tokens() const {
    if (!tokens_) {
      tokens_ = pg::scan(text_, span_.begin, span_.end).tokens;
      std::erase_if(*tokens_, [](const pg::Token& token) { return token.is_comment(); });
    }
    return *tokens_;
  }

  std::string_view text_;
  Span span_;
  mutable std::optional<std::vector<pg::Token>> tokens_;
};

bool unread_constraint(const ConstraintDefinition& constraint) {
  return constraint.kind == ConstraintKind::Exclusion || constraint.no_inherit ||
         !constraint.included.empty() || !constraint.using_index.empty() ||
         !constraint.references.on_delete_set_columns.empty();
}

bool unread_column(const ColumnDefinition& column) {
  return !column.compression.empty() || !column.storage.empty() ||
         std::any_of(column.constraints.begin(), column.constraints.end(), unread_constraint);
}

bool unread_like(const LikeClause& like) {
  return like.defaults || like.constraints || like.indexes || like.identity || like.generated ||
         like.comments || like.statistics || like.storage || like.compression;
}

Reads reads(const CreateTable& create) {
  return yes_unless(create.persistence == Persistence::Unlogged || !create.access_method.empty() ||
                    !create.foreign_server.empty() || !create.of_type.empty() ||
                    std::any_of(create.likes.begin(), create.likes.end(), unread_like) ||
                    std::any_of(create.columns.begin(), create.columns.end(), unread_column) ||
                    std::any_of(create.constraints.begin(), create.constraints.end(), unread_constraint));
}

Reads reads(const CreateIndex& create, const Words& words) {
  const bool options =
      std::any_of(create.elements.begin(), create.elements.end(), [&](const IndexElement& element) {
        return !element.opclass.empty() && words.opens_parenthesis_after(element.opclass.name);
      });
  return yes_unless(!create.tablespace.empty() || create.only || options);
}

Reads reads(const CreateFunction& create, const Words& words) {
  const bool variadic = std::any_of(create.arguments.begin(), create.arguments.end(),
                                    [](const FunctionArgument& argument) { return argument.mode == 'v'; });
  return yes_unless(
      create.aggregate || create.procedure || variadic || (create.returns.set_of && !create.returns_table) ||
      words.has(PG_QUERY__TOKEN__ATOMIC) ||
      words.has_any({PG_QUERY__TOKEN__COST, PG_QUERY__TOKEN__ROWS, PG_QUERY__TOKEN__LEAKPROOF,
                     PG_QUERY__TOKEN__SUPPORT, PG_QUERY__TOKEN__WINDOW, PG_QUERY__TOKEN__TRANSFORM}));
}

Reads reads(const CreateSequence& create, const Words& words) {
  const bool ordered = words.in_order(
      {PG_QUERY__TOKEN__AS, PG_QUERY__TOKEN__INCREMENT, PG_QUERY__TOKEN__MINVALUE, PG_QUERY__TOKEN__MAXVALUE,
       PG_QUERY__TOKEN__START, PG_QUERY__TOKEN__CACHE, PG_QUERY__TOKEN__CYCLE, PG_QUERY__TOKEN__OWNED});
  return yes_unless(!ordered || create.persistence == Persistence::Unlogged);
}

Reads reads(const CreateExtension&, const Words& words) {
  const bool options =
      words.has_any({PG_QUERY__TOKEN__SCHEMA, PG_QUERY__TOKEN__VERSION_P, PG_QUERY__TOKEN__CASCADE});
  return yes_unless(
      words.has(PG_QUERY__TOKEN__LANGUAGE) || (options && !words.has(PG_QUERY__TOKEN__WITH)) ||
      !words.in_order({PG_QUERY__TOKEN__SCHEMA, PG_QUERY__TOKEN__VERSION_P, PG_QUERY__TOKEN__CASCADE}));
}

Reads reads(const Comment& comment) {
  switch (comment.kind) {
    case ObjectKind::Table:
    case ObjectKind::Column:
    case ObjectKind::Schema:
    case ObjectKind::Extension:
    case ObjectKind::Database:
    case ObjectKind::Role:
      return Reads::Yes;
    default:
      return Reads::No;
  }
}

Reads reads(const Grant& grant, const Words& words) {
  if (grant.default_privileges || grant.role_membership) return Reads::No;
  switch (grant.kind) {
    case ObjectKind::Table:
    case ObjectKind::Sequence:
    case ObjectKind::Schema:
    case ObjectKind::Database:
      return grant.revoke && words.has(PG_QUERY__TOKEN__OPTION) ? Reads::Unsure : Reads::Yes;
    case ObjectKind::Function:
      return Reads::Yes;
    case ObjectKind::Type:
      return Reads::No;
    default:
      return Reads::Unsure;
  }
}

/// Words of expressions and queries that some or all of their uses are not read with.
Reads reads_query(const Words& words) {
  const bool rare =
      words.has_any({PG_QUERY__TOKEN__SYMMETRIC, PG_QUERY__TOKEN__SEARCH, PG_QUERY__TOKEN__VARIADIC,
                     PG_QUERY__TOKEN__XMLELEMENT, PG_QUERY__TOKEN__XMLFOREST, PG_QUERY__TOKEN__XMLPARSE,
                     PG_QUERY__TOKEN__XMLSERIALIZE, PG_QUERY__TOKEN__XMLTABLE, PG_QUERY__TOKEN__TIES,
                     PG_QUERY__TOKEN__OPERATOR, PG_QUERY__TOKEN__CURRENT_P, PG_QUERY__TOKEN__USING}) ||
      words.comes(PG_QUERY__TOKEN__ROWS, PG_QUERY__TOKEN__FROM);
  return rare ? Reads::Unsure : Reads::Yes;
}

Reads reads(const Select&, const Words& words) {
  return words.at(0) == PG_QUERY__TOKEN__TABLE ? Reads::No : reads_query(words);
}

Reads reads(const Update&, const Words& words) {
  // `SET x[1] = 2` is not read, `ARRAY[1]` is.
  const bool element = words.has(PG_QUERY__TOKEN__ASCII_91) && !words.has(PG_QUERY__TOKEN__ARRAY);
  return element ? Reads::Unsure : reads_query(words);
}

Reads reads(const Delete&, const Words& words) {
  return words.has(PG_QUERY__TOKEN__CURRENT_P) ? Reads::Unsure : Reads::Yes;
}

Reads reads(const Insert& insert, const Words& words) {
  if (words.has(PG_QUERY__TOKEN__OVERRIDING)) return Reads::No;
  const std::size_t conflict = words.find(PG_QUERY__TOKEN__CONFLICT);
  if (words.at(conflict) == PG_QUERY__TOKEN__NUL) return reads_query(words);
  // ON CONFLICT (expression) or (column) WHERE predicate
  if (words.at(conflict + 1) == PG_QUERY__TOKEN__ASCII_40) {
    for (std::size_t i = conflict + 2; words.at(i) != PG_QUERY__TOKEN__DO; ++i) {
      const PgQuery__Token word = words.at(i);
      if (word == PG_QUERY__TOKEN__NUL || word == PG_QUERY__TOKEN__ASCII_40 || word == PG_QUERY__TOKEN__WHERE)
        return Reads::No;
    }
  }
  if (!insert.from_query) return reads_query(words);
  // `SELECT 1 ON CONFLICT`: ON is taken for the alias of the last column, unless that has one.
  const bool union_of =
      words.has_any({PG_QUERY__TOKEN__UNION, PG_QUERY__TOKEN__INTERSECT, PG_QUERY__TOKEN__EXCEPT});
  if (union_of) return Reads::Unsure;
  if (!words.has(PG_QUERY__TOKEN__FROM)) return yes_unless(words.at(conflict - 3) != PG_QUERY__TOKEN__AS);
  return reads_query(words);
}

Reads reads(const Vacuum& vacuum, const Words& words) {
  if (vacuum.tables.size() > 1) return Reads::No;
  if (vacuum.analyze_only) {
    return yes_unless(words.has(PG_QUERY__TOKEN__VERBOSE) || words.at(1) == PG_QUERY__TOKEN__ASCII_40);
  }
  return yes_unless(vacuum.analyze || words.has(PG_QUERY__TOKEN__ASCII_40));
}

Reads reads(const Transaction& transaction, const Words& words) {
  switch (transaction.action) {
    case TransactionAction::Prepare:
    case TransactionAction::CommitPrepared:
    case TransactionAction::RollbackPrepared:
    case TransactionAction::SetConstraints:
      return Reads::No;
    default:
      return yes_unless(words.at(0) == PG_QUERY__TOKEN__ABORT_P);
  }
}

Reads reads(const OtherObject& object, const Words& words) {
  if (object.kind == ObjectKind::Role) {
    if (object.name.empty() || words.at(1) == PG_QUERY__TOKEN__GROUP_P) return Reads::No;
    return words.at(1) == PG_QUERY__TOKEN__USER && words.has(PG_QUERY__TOKEN__WITH) ? Reads::Unsure
                                                                                    : Reads::Yes;
  }
  if (object.kind == ObjectKind::ForeignServer && object.change == 'c') return Reads::Yes;
  return object.kind == ObjectKind::Database ? Reads::Unsure : Reads::No;
}

template <typename T, typename... Kinds>
constexpr bool kIsOneOf = (std::is_same_v<T, Kinds> || ...);

template <typename T>
Reads reads_kind(const T& each, const Words& words) {
  if constexpr (requires { reads(each, words); }) {
    return reads(each, words);
  } else if constexpr (requires { reads(each); }) {
    return reads(each);
  } else if constexpr (requires { each.constraint.using_index; } && !std::is_same_v<T, AlterDomain>) {
    return yes_unless(unread_constraint(each.constraint));
  } else if constexpr (std::is_same_v<T, AddColumn>) {
    return yes_unless(unread_column(each.column));
  } else if constexpr (std::is_same_v<T, CreateTableAs>) {
    return yes_unless(words.has(PG_QUERY__TOKEN__DATA_P) || each.persistence == Persistence::Unlogged ||
                      !each.column_names.empty());
  } else if constexpr (std::is_same_v<T, CreateMaterializedView>) {
    return yes_unless(words.has(PG_QUERY__TOKEN__DATA_P));
  } else if constexpr (std::is_same_v<T, CreateView>) {
    return yes_unless(each.check_option != 'n' || each.recursive);
  } else if constexpr (std::is_same_v<T, DropTable>) {
    return yes_unless(each.foreign);
  } else if constexpr (std::is_same_v<T, ChangeType>) {
    return yes_unless(!each.collation.empty());
  } else if constexpr (std::is_same_v<T, SetTableOptions>) {
    return yes_unless(each.reset || each.is_index || each.is_view);
  } else if constexpr (std::is_same_v<T, DropIndex>) {
    return yes_unless(each.concurrently);
  } else if constexpr (std::is_same_v<T, RenameIndex>) {
    return yes_unless(each.if_exists);
  } else if constexpr (std::is_same_v<T, CreateDomain>) {
    return yes_unless(words.has(PG_QUERY__TOKEN__NULL_P) ||
                      !words.in_order({PG_QUERY__TOKEN__DEFAULT, PG_QUERY__TOKEN__CHECK}));
  } else if constexpr (std::is_same_v<T, CreateTrigger>) {
    return yes_unless(!each.arguments.empty());
  } else if constexpr (std::is_same_v<T, DropFunction>) {
    return yes_unless(each.kind == 'a' || each.kind == 'r');
  } else if constexpr (std::is_same_v<T, ChangeOwner>) {
    return yes_unless(each.kind != ObjectKind::Table && each.kind != ObjectKind::Schema);
  } else if constexpr (std::is_same_v<T, Copy>) {
    return words.has(PG_QUERY__TOKEN__STDIN) ? Reads::Unsure : Reads::Yes;
  } else if constexpr (std::is_same_v<T, Listen>) {
    return yes_unless(each.kind == "CHECKPOINT" || each.kind == "SECURITY LABEL");
  } else if constexpr (std::is_same_v<T, Unrecognized>) {
    return Reads::Unsure;
  } else if constexpr (kIsOneOf<T, SetIdentity, DropIdentity, DropExpression, SetStatistics, SetColumnOptions,
                                SetStorage, SetCompression, AlterConstraint, SetPersistence, SetTablespace,
                                SetAccessMethod, ClusterOn, AttachPartition, DetachPartition, Inherit,
                                AttachIndexPartition, Reindex, Cluster, AlterSequence, AlterDomain,
                                AlterCompositeType, RenameView, RenameViewColumn, SetViewDefault,
                                RefreshMaterializedView, AlterFunction, RenameFunction, RenameTrigger,
                                CreateRule, DropRule, RenameRule, CreateStatistics, DropStatistics,
                                AlterExtension, DropOwned, SetSchema, LockTable,
                                std::shared_ptr<const DoBlock>>) {
    return Reads::No;
  } else if constexpr (std::is_same_v<T, RenameType>) {
    return yes_unless(each.domain);
  } else if constexpr (std::is_same_v<T, RenameTable>) {
    return yes_unless(words.at(1) != PG_QUERY__TOKEN__TABLE);
  } else {
    return Reads::Yes;
  }
}

/// The first two words of a statement, lower-case, for the question nearly every statement is asked.
struct FirstWords {
  std::string first, second;
  bool is(std::string_view word) const { return first == word; }
  bool is(std::string_view word, std::string_view next) const { return first == word && second == next; }
};

FirstWords first_words(std::string_view text, Span span) {
  std::uint32_t at = pg::skip_blank(text, span.begin, span.end).next;
  const auto word = [&] {
    std::string lower;
    // The keywords asked for are of ASCII letters; what else a name may hold makes it another word.
    while (at < span.end && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_' ||
                             text[at] == '$' || static_cast<unsigned char>(text[at]) >= 0x80U)) {
      lower += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++])));
    }
    return lower;
  };
  FirstWords words;
  words.first = word();
  at = pg::skip_blank(text, at, span.end).next;
  words.second = word();
  return words;
}

Reads reads(const Statement& statement, std::string_view text) {
  switch (statement.problem) {
    case ParseProblem::None:
      break;
    case ParseProblem::PsqlCommand:
    case ParseProblem::InvalidText:
      return Reads::No;
    default:
      return Reads::Unsure;
  }
  const Words words(text, statement.span);
  const FirstWords first = first_words(text, statement.span);
  // ALTER SEQUENCE and ALTER FOREIGN TABLE take ALTER TABLE's words and are not read.
  if (first.is("alter", "sequence") || first.is("alter", "foreign")) return Reads::No;
  // CREATE SCHEMA with its elements.
  if (first.is("create") && statement.operations.size() > 1) return Reads::No;
  Reads all = Reads::Yes;
  for (const Operation& operation : statement.operations) {
    const Reads one = std::visit([&](const auto& each) { return reads_kind(each, words); },
                                 static_cast<const OperationVariant&>(operation));
    if (one == Reads::No) return one;
    if (one == Reads::Unsure) all = one;
  }
  return all;
}

}  // namespace

SplitAnswer prisma_splits(const ParsedFile& file, std::string_view text) {
  SplitAnswer answer{true, false};
  for (const Statement& statement : file.statements) {
    switch (reads(statement, text)) {
      case Reads::Yes:
        break;
      // One statement that is not understood sends the whole file as one.
      case Reads::No:
        return {false, false};
      case Reads::Unsure:
        answer = {false, true};
        break;
    }
  }
  return answer;
}

}  // namespace planner
