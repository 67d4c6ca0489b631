using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sam2.Torch.Runtime;

/// <summary>
/// Keeps signals from the thread while oneDNN computes on it. Its products of float32 matrices let the stack pointer point into the heap (oneDNN up to 3.11, its
/// issue 4845), and Linux writes the 3 KB that a signal's handler needs wherever that points: over what lies there. .NET handles SIGCHLD, which comes whenever a
/// process that it started ends; 6 of 100 programs that read five frames from ffmpeg ended with "corrupted size vs. prev_size".
/// </summary>
/// <remarks>
/// <para>
/// <see cref="OneDnn"/>, the library's convolutions and <c>ActivationCheckpoint.Backward</c> of the training library hold signals by themselves. What else calls oneDNN in a program that
/// handles signals, such as the backward pass of a training loop without that function, should stand between <see cref="Hold"/> and <see cref="Dispose"/> too.
/// </para>
/// <para>
/// Meanwhile, signals to the process go to another thread, and those to this thread wait. Threads of OpenMP that compute along get none, since Linux looks for a
/// taker among the oldest threads first. Both together take 2 µs on a virtual machine with AMD's Zen 5.
/// </para>
/// </remarks>
public readonly ref partial struct HeldSignals : IDisposable
{
    // From the C library's signal.h.
    private const int Block = 0, SetMask = 2;

    private readonly SignalSet _before;
    private readonly bool _held;

    private HeldSignals(in SignalSet signals) => _held = pthread_sigmask(Block, signals, out _before) == 0;

    /// <summary>Holds all signals but those of faults, which can't wait, until the result is disposed of on the same thread. Only Linux needs it.</summary>
    public static HeldSignals Hold() => OperatingSystem.IsLinux() ? new(SignalSet.AllButFaults) : default;

    /// <summary>Lets the signals in that were let in before.</summary>
    public void Dispose()
    {
        if (_held) _ = pthread_sigmask(SetMask, _before, out _);
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet signals, out SignalSet before);

    /// <summary>The C library's <c>sigset_t</c>, of 1,024 bits: bit <c>n − 1</c> stands for signal <c>n</c>, and Linux has 64.</summary>
    [InlineArray(16)]
    private struct SignalSet
    {
        // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV and SIGSYS.
        public static readonly SignalSet AllButFaults = AllBut(4, 5, 6, 7, 8, 11, 31);

        private ulong _bits;

        private static SignalSet AllBut(params ReadOnlySpan<int> signals)
        {
            var set = new SignalSet();
            set[0] = ulong.MaxValue;
            foreach (var signal in signals)
                set[0] &= ~(1UL << (signal - 1));
            return set;
        }
    }
}
