using System.Reflection;
using NUnit.Framework;
using Sam2.Torch;
using TorchSharp;

namespace Sam2.Cli.Tests;

/// <summary>
/// Numbers reach libtorch as <see cref="Scalar"/>s, which TorchSharp doesn't keep alive during a call (see <see cref="TensorArithmetic"/>).
/// So nothing in the code may call what makes one in passing.
/// </summary>
public class ScalarLifetimeTests
{
    // They make scalars of arguments that are numbers; here, all are tensors.
    private static readonly string[] Scripts =
    [
        "TorchSharp.torch+jit+ScriptModule.forward(Object[])",
        "TorchSharp.torch+jit+ScriptModule.invoke(String,Object[])",
    ];

    private static readonly string[] Assemblies = ["Sam2.Torch", "Sam2.Torch.Data", "Sam2.Torch.Evaluation", "Sam2.Torch.Training", "sam2"];

    private static readonly Lazy<HashSet<string>> MakersOfScalars = new(FindMakersOfScalars);

    [Test]
    public void Nothing_makes_a_number_that_the_collector_may_free_during_a_call([ValueSource(nameof(Assemblies))] string assembly)
    {
        var calls = IntermediateCode.Calls(Assembly.Load(assembly))
            .Where(call => call.Caller.DeclaringType != typeof(Scalars) && !Scripts.Contains(Signature(call.Called)))
            .Where(call => MakersOfScalars.Value.Contains(Signature(call.Called)))
            .Select(call => $"{call.Caller.DeclaringType!.Name}.{call.Caller.Name} calls {Signature(call.Called)}");
        Assert.That(calls, Is.Empty, "use TensorArithmetic and Scalars.Of instead");
    }

    [TestCase("TorchSharp.torch+Tensor.op_Multiply(Tensor,Double)")]
    [TestCase("TorchSharp.torch+Tensor.op_Addition(Tensor,Tensor)")]
    [TestCase("TorchSharp.Scalar.op_Implicit(Int32)")]
    [TestCase("TorchSharp.torch.arange(Scalar,Nullable`1,Device,Boolean)")]
    public void What_makes_a_number_in_passing_is_found(string signature) => Assert.That(MakersOfScalars.Value, Does.Contain(signature));

    [TestCase("TorchSharp.torch+Tensor.op_Multiply(Tensor,Tensor)")]
    [TestCase("TorchSharp.torch+Tensor.mul(Scalar)")]
    public void What_makes_none_is_not(string signature) => Assert.That(MakersOfScalars.Value, Does.Not.Contain(signature));

    [Test]
    public void Sums_and_products_are_right_while_the_collector_runs_all_the_time()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.ones(1);
        // A virtual machine in which a collection takes a millisecond would need many minutes. The test of the compiled code above finds what this one misses there.
        var end = Environment.TickCount64 + 30_000;
        using var done = new CancellationTokenSource();
        var collecting = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    GC.Collect(0);
                    Thread.SpinWait(500); // or the sums would hardly get on
                }
            });
        var wrong = 0;
        try
        {
            // The operators fail in one of five thousand.
            for (var i = 0; i < 60_000 && Environment.TickCount64 < end; i++)
            {
                using var iteration = torch.NewDisposeScope();
                if (x.Times(1.5 + i).Plus(x).Minus(0.5).item<float>() != 2f + i) wrong++;
            }
        }
        finally
        {
            done.Cancel();
            collecting.Wait();
        }
        Assert.That(wrong, Is.Zero);
    }

    /// <summary>All of TorchSharp's functions that turn a number into a scalar themselves, or call one that does.</summary>
    private static HashSet<string> FindMakersOfScalars()
    {
        var callers = IntermediateCode.Calls(typeof(torch).Assembly).ToLookup(call => Signature(call.Called), call => Signature(call.Caller));
        var found = new HashSet<string>();
        var open = new Queue<string>(typeof(Scalar).Assembly.GetTypes()
            .Where(type => type == typeof(Scalar) || type == typeof(ScalarExtensionMethods))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.ReturnType == typeof(Scalar)).Select(Signature));
        while (open.TryDequeue(out var next))
            if (found.Add(next))
                foreach (var caller in callers[next]) open.Enqueue(caller);
        return found;
    }

    private static string Signature(MethodBase method) =>
        $"{method.DeclaringType?.FullName}.{method.Name}({string.Join(',', method.GetParameters().Select(parameter => parameter.ParameterType.Name))})";
}
