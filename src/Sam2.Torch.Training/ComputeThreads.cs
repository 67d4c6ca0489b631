using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// Threads that compute at the same time, each with its share of libtorch's threads. The operators of a small model are too short to
/// be worth dividing among cores: on two cores a step of recipes/micro.yaml takes 0.86 s with its two batches side by side, 1.42 s with
/// one after the other.
/// </summary>
internal sealed class ComputeThreads : IDisposable
{
    private readonly List<BlockingCollection<Action>> _queues = [];
    private readonly List<Thread> _threads = [];

    /// <summary>Starts the threads.</summary>
    /// <param name="count">How many.</param>
    public ComputeThreads(int count)
    {
        // libtorch's number of threads belongs to the thread that sets it, but is also the initial number of all later threads.
        var all = get_num_threads();
        var share = Math.Max(1, all / count);
        for (var i = 0; i < count; i++)
        {
            var queue = new BlockingCollection<Action>();
            _queues.Add(queue);
            _threads.Add(new Thread(() =>
            {
                foreach (var work in queue.GetConsumingEnumerable())
                    work();
            })
            { IsBackground = true, Name = $"training {i + 1}" });
            _threads[i].Start();
        }
        Run([.. Enumerable.Range(0, count).Select(_ => (Func<int>)(() =>
        {
            // A thread's first call makes libtorch copy the common number, which would overwrite one that was set before.
            _ = get_num_threads();
            set_num_threads(share);
            return share;
        }))]);
        set_num_threads(all);
    }

    /// <summary>Number of threads.</summary>
    public int Count => _threads.Count;

    /// <summary>Runs up to <see cref="Count"/> functions at the same time and waits for all of them.</summary>
    /// <returns>The results, in order.</returns>
    /// <exception cref="Exception">The exception of the first function, in order, that threw one; results of the others are disposed.</exception>
    public IReadOnlyList<T> Run<T>(IReadOnlyList<Func<T>> work)
    {
        var results = new T[work.Count];
        var errors = new ExceptionDispatchInfo?[work.Count];
        using var left = new CountdownEvent(work.Count);
        for (var i = 0; i < work.Count; i++)
        {
            var index = i;
            _queues[i].Add(() =>
            {
                try
                {
                    results[index] = work[index]();
                }
                catch (Exception e)
                {
                    errors[index] = ExceptionDispatchInfo.Capture(e);
                }
                left.Signal();
            });
        }
        left.Wait();
        if (errors.FirstOrDefault(e => e is not null) is { } error)
        {
            foreach (var result in results)
                (result as IDisposable)?.Dispose();
            error.Throw();
        }
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var queue in _queues)
            queue.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        foreach (var queue in _queues)
            queue.Dispose();
    }
}

/// <summary>
/// A model that shares the weights of another and has gradients of its own, so that several batches can be computed at the same
/// time and their gradients added in a fixed order.
/// </summary>
internal static class ModelReplica
{
    /// <summary>Makes a replica, which sees every change of the weights that is made in place.</summary>
    /// <param name="model">The model, with its final type and device.</param>
    /// <returns>The replica; the caller disposes it.</returns>
    public static Sam2Model Of(Sam2Model model)
    {
        // Not in the scope below, at whose end its weights would be freed.
        var replica = new Sam2Model(model.Config, model.Parts);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        replica.to(model.Device, model.Precision);
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in replica.named_parameters())
        {
            parameter.set_(weights[name]);
            parameter.requires_grad = weights[name].requires_grad;
        }
        var buffers = model.named_buffers().ToDictionary(b => b.name, b => b.buffer);
        foreach (var (name, buffer) in replica.named_buffers()) buffer.set_(buffers[name]);
        replica.train(model.training);
        return replica;
    }
}
