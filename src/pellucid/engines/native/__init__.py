"""The native engine: programs become machine code for the CPU they run on."""
