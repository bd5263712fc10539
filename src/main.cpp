#include "src/commands/commands.h"

int main(int argc, char** argv) { return planner::commands::run_program(argc, argv); }
