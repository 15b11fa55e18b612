#include "pg/user_query.hpp"
#include <exception>
extern "C" {
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "tcop/dest.h"
#include "utils/guc.h"
#include "utils/plancache.h"
}

namespace cd::pg {

Settings::Settings() : level_(NewGUCNestLevel()) {}
Settings::~Settings() {
    if (std::uncaught_exceptions() == 0) AtEOXact_GUC(false, level_);
}
void Settings::set(const char *name, const char *value) {
    call(
        [name, value] { set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false); });
}

namespace {

SPIPlanPtr prepare(const char *text) {
    return call([text] {
        SPIPlanPtr const plan = SPI_prepare_cursor(text, 0, nullptr, CURSOR_OPT_PARALLEL_OK);
        if (!plan) elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
        return plan;
    });
}

[[noreturn]] void refuse(const std::string &detail) {
    throw Error(sqlstate::invalid_parameter, "the query must be one SELECT that only reads", detail,
                "Give one SELECT, without INTO, FOR UPDATE or a WITH that writes.");
}

// The one SELECT of a plan, rewritten: views are in it, and policies.
::Query *only_select(SPIPlanPtr plan) {
    List *const sources = SPI_plan_get_plan_sources(plan);
    if (list_length(sources) != 1) refuse("It has " + std::to_string(list_length(sources)) + " statements.");
    const auto *const source = static_cast<CachedPlanSource *>(linitial(sources));
    if (source->commandTag != CMDTAG_SELECT || !source->resultDesc || list_length(source->query_list) != 1)
        refuse(std::string("It is ") + call([source] { return GetCommandTagName(source->commandTag); }) + ".");
    auto *const query = static_cast<::Query *>(linitial(source->query_list));
    if (query->hasModifyingCTE) refuse("Its WITH writes.");
    if (query->rowMarks) refuse("It locks rows.");
    return query;
}

void run(SPIPlanPtr plan, DestReceiver *receiver, Query::See see = Query::See::now) {
    call([plan, receiver, see] {
        SPIExecuteOptions options{};
        options.read_only = see == Query::See::statement;
        options.dest = receiver;
        const int result = SPI_execute_plan_extended(plan, &options);
        if (result != SPI_OK_SELECT) elog(ERROR, "unexpected result of a query: %s", SPI_result_code_string(result));
    });
}

} // namespace

void check_user_query(const UserQuery &query, int columns) {
    const Query connection;
    const AsReader bounds(query.user, query.search_path);
    SPIPlanPtr const plan = prepare(query.text);
    only_select(plan);
    const auto *const source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)));
    if (source->resultDesc->natts != columns)
        throw Error(sqlstate::invalid_parameter,
                    "the query must have " + std::to_string(columns) + (columns == 1 ? " column" : " columns"),
                    "It has " + std::to_string(source->resultDesc->natts) + ".",
                    columns == 1 ? "Select only the id of the subject." : "Select these columns alone.");
}

bool uses_volatile_functions(const UserQuery &query) {
    const Query connection;
    const AsReader bounds(query.user, query.search_path);
    ::Query *const parsed = only_select(prepare(query.text));
    return call([parsed] { return contain_volatile_functions(reinterpret_cast<Node *>(parsed)); });
}

void each_text(const UserQuery &query, TextVisitor &visitor) {
    const Query connection;
    const AsReader bounds(query.user, query.search_path);
    SPIPlanPtr const plan = prepare(query.text);
    only_select(plan);
    TextRows rows(visitor);
    run(plan, RowReceiver::make(rows));
}

void each_row(const UserQuery &query, RowVisitor &visitor) {
    const Query connection;
    const AsReader bounds(query.user, query.search_path);
    SPIPlanPtr const plan = prepare(query.text);
    only_select(plan);
    run(plan, RowReceiver::make(visitor), Query::See::statement);
}

StoredRows rows_of(const UserQuery &query) {
    StoredRows result{call([] { return tuplestore_begin_heap(false, false, work_mem); }), nullptr};
    MemoryContext const outside = CurrentMemoryContext;
    const Query connection;
    AsReader bounds(query.user, query.search_path);
    bounds.settings.set("jit", "off"); // nobody can cancel the compilation of a thousand expressions
    SPIPlanPtr const plan = prepare(query.text);
    only_select(plan);
    const auto *const source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)));
    call([&result, outside, source] {
        MemoryContext const previous = MemoryContextSwitchTo(outside);
        result.row = CreateTupleDescCopy(source->resultDesc);
        MemoryContextSwitchTo(previous);
    });
    DestReceiver *const receiver = call([&result, outside] {
        DestReceiver *const made = CreateDestReceiver(DestTuplestore);
        SetTuplestoreDestReceiverParams(made, result.rows, outside, true, nullptr, nullptr);
        return made;
    });
    run(plan, receiver);
    return result;
}

} // namespace cd::pg
