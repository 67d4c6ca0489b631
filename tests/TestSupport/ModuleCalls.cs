using static TorchSharp.torch;

namespace TestSupport;

/// <summary>
/// Counts the calls of all modules of a model and does something at one of them: cancels, or fails as an operation without memory does.
/// So a test comes to every place in a computation, and to the same one each time.
/// </summary>
public sealed class ModuleCalls
{
    private int _calls;
    private int _at;
    private Action _action = () => { };

    /// <summary>Hooks every module of a model that has hooks.</summary>
    public ModuleCalls(nn.Module model) => Watch(model);

    /// <summary>Counts the calls of another model's modules too.</summary>
    public void Watch(nn.Module model)
    {
        foreach (var (_, module) in model.named_modules())
        {
            // The base class that has hooks is generic in the module's inputs and result.
            module.GetType().GetMethod("register_forward_hook", [typeof(Action<nn.Module>)])?.Invoke(module, [(Action<nn.Module>)(_ => Count())]);
        }
    }

    /// <summary>Counts anew, and does something after the call with a number, from 1 on.</summary>
    public void At(int call, Action action) => (_calls, _at, _action) = (0, call, action);

    /// <summary>How many calls an action makes.</summary>
    public int Of(Action action)
    {
        At(int.MaxValue, () => { });
        action();
        return _calls;
    }

    /// <summary>A tensor operation that no machine has the memory for: 2^50 bytes.</summary>
    public static void RunOutOfMemory() => empty([1L << 50], dtype: ScalarType.Byte).Dispose();

    private void Count()
    {
        // Batches that are computed side by side call on several threads.
        if (Interlocked.Increment(ref _calls) == _at) _action();
    }
}
